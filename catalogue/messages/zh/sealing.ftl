# 密封格式，第 2 版。

problem-sealing-broken =
    { $file ->
        [batch] 批次 { $run } 中 { $county } 的批密钥文件
        [shares] 批次 { $run } 中 { $county } 的份额表
       *[report] { $household } 在批次 { $run } 的密封报告
    }无法打开：{ $part ->
        [layout] 内容不完整，或不是此类文件
        [names] 属于另一家庭、县区或批次
        [signer] 签名密钥不受此处信任
        [signature] 签名不符
        [head] 不是当时发布的那一份
        [recipient] 并非封给此密钥
        [batch-key] 其中的批密钥与签名时不一致
        [batch-seal] 可打开者的名单被改动
        [table] 其中的表密钥被改动
        [path] 不在已签名的报告之列
        [share] 该家庭的份额被改动，或属于另一家庭
        [data-key] 其数据密钥被改动，或份额不是它的
        [commitment] 其数据密钥与承诺不符
        [payload] 内容被改动
       *[document] 内容不是此格式的文档
    }
problem-sealing-broken-hint = 请核对报告库、密钥环、保险库与本登记库是否配套；否则请用备份恢复报告库
problem-sealing-too-long = 家庭 { $household } 的报告过长：至多 { $longest } 字节，压缩后 { $limit } 字节
problem-sealing-too-long-hint = 请查看该家庭的记录：某数据源提供的记录远多于一个家庭可能有的数量
problem-report-shredded = 家庭 { $household } 在批次 { $run } 的报告已被永久销毁
problem-report-shredded-hint = 无法恢复；销毁人、时间与事由见审计记录
problem-shred-not-in-batch = { $county } 在批次 { $run } 中没有家庭 { $household } 的报告
problem-shred-not-in-batch-hint = 该处未销毁任何内容；请核对家庭编号：hedui report list
