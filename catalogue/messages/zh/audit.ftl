# 审计记录：谁查看了谁，以及这份记录未被改动的证明。

cli-audit = 审计记录：签名、导出、验证；谁查看了谁

problem-audit-not-plain = 字段 { $field } 不符合审计记录的要求，因此不显示任何内容
problem-audit-not-plain-hint = 只接受代码、编号和登录名，不接受可能是身份号码的内容
problem-audit-not-a-reference = 应为编号，如 H000123，不是号码或姓名
problem-audit-not-a-reference-hint = 身份号码不得出现在命令行中；编号见 hedui report list
problem-audit-broken = 审计记录在第 { $seq } 条处不成立
problem-audit-broken-hint = 查明被如何改动：hedui audit verify --checkpoints 副本
problem-audit-copy-differs = { $path } 末尾的检查点不在此登记库中；未签名
problem-audit-copy-differs-hint = 请比对：hedui audit verify --checkpoints { $path }
problem-audit-no-file = 无法读取文件 { $path }（{ $kind }）
problem-audit-no-file-hint = 请检查路径和权限
problem-audit-not-a-trail = { $path } 不是导出的审计记录
problem-audit-not-a-trail-hint = 导出：hedui audit export 文件
problem-audit-no-checkpoints = 文件 { $path } 中没有检查点
problem-audit-no-checkpoints-hint = 检查点由此命令写入：hedui audit checkpoint --to 文件
problem-audit-file-unwritable = 文件 { $path } 无法写入（{ $kind }）
problem-audit-file-unwritable-hint = 请检查文件夹、磁盘空间和权限；导出须用新文件名
problem-audit-no-key = 有检查点，但没有可供检验的公钥
problem-audit-no-key-hint = 请提供公钥，由签名的系统打印：hedui audit key
problem-audit-not-a-key = 这不是公钥
problem-audit-not-a-key-hint = 应为 hedui audit key 打印的 64 位十六进制数，或含有它的文件
problem-audit-rules-refused = { $path } 无法使用：{ $where }
problem-audit-rules-refused-hint = 文件内容要求见 docs/audit.md

audit-help =
    审计记录：谁、何时、为何、对谁做了什么。

    示例：hedui audit verify
audit-checkpoint-help =
    检查上一检查点以来的新记录，然后对当前的审计记录签名。

    请把检查点复制到登记库管理员改不到的地方：若有人同时掌握数据库和密钥，只有这样的副本才能揭示其改动。

    示例：hedui audit checkpoint --to /mnt/elsewhere/checkpoints.jsonl
audit-to-help = 同时把检查点追加到此文件
audit-checkpoint-made = 已签名：{ $entries } 条，树头 { $root }，密钥 { $key }
audit-checkpoint-copied = 已复制到 { $path }
audit-checkpoint-copy-it = 请另存副本：--to 文件
audit-export-help =
    把全部审计记录和检查点写入新文件，不需要登记库即可验证。其中不出现任何家庭；导出行为本身先行记录。

    示例：hedui audit export trail.jsonl
audit-exported = 已导出 { $entries } 条到 { $path }
audit-verify-help =
    证明审计记录与写入时一致，或指明被如何改动：修改、删除、插入、调换顺序、截尾、重写、分叉。

    退出码：0 完整且已签名，3 完整但没有签名可证，4 无法验证，5 被改动。

    示例：hedui audit verify --trail trail.jsonl --checkpoints copies.jsonl --key KEY.txt
audit-trail-help = 导出的审计记录；默认为登记库中的
audit-checkpoints-help = 检查点副本的文件；可多次给出
audit-key-option-help = 签名者的公钥，即 hedui audit key 打印的内容，或含有它的文件；默认取本系统密钥环；可多次给出
audit-subject-help =
    谁在何时、为何查看了某户。REFERENCE 为户、成员或委托的编号。此次查询先行记录。

    示例：hedui audit subject H000123 --purpose complaint
audit-purpose-help = 查询原因的代码，如 complaint；将被记录
audit-odd-help =
    列出某日的异常查看：没有未结委托、与查看人同姓或同住址、批量、非工作时间。它们是待询问的问题，不是违规的结论。此次查询先行记录。

    示例：hedui audit odd --date 2026-06-30
audit-odd-date-help = 按本单位时间的日期，YYYY-MM-DD；默认为昨天
audit-key-help =
    打印检验检查点所用的公钥：64 位十六进制数，不是秘密。

    示例：hedui audit key

audit-read = 已读取：{ $entries } 条，有效检查点 { $checkpoints } 个
audit-one = 第 { $first } 条
audit-several = 第 { $first } 至 { $last } 条
audit-finding-edited = 被修改：{ $which }
audit-finding-deleted = 被删除：{ $which }
audit-finding-inserted = 被插入：{ $which }（按所在位置）
audit-finding-reordered = 顺序被调换：{ $which }
audit-finding-cut = 被截尾：曾经签名、现已不在：{ $which }
audit-finding-rewritten = 被重写：链条相连，但不是当初签名的内容；最早的差异位于{ $which }
audit-finding-forked = 分叉：有两份不同的历史被签名；分开之处位于{ $which }
audit-finding-forged = 检查点不是由所给任何密钥签名：所读检查点的{ $which }
audit-not-whole = 审计记录与写入时不一致。请原样保存记录、检查点及其副本，并查明谁能改动它们。
audit-unsigned = 链条成立，但没有检查点可证：能改数据库的人也能重做链条。请签名：hedui audit checkpoint
audit-whole = 审计记录完整。已签名至第 { $signed } 条；其后还有 { $after } 条
audit-looked = 查看记录：{ $count } 条
audit-odd-count = { $date }：{ $entries } 条记录中有 { $count } 项异常查看
audit-unknown-own-surname = 查看人文件中没有其姓氏，未检查是否同姓：{ $users }
audit-unknown-own-address = 查看人文件中没有其住址，未检查是否同住址：{ $users }
audit-odd-no-open-case = 没有未结委托
audit-odd-own-surname = 与查看人同姓
audit-odd-own-address = 与查看人同住址
audit-odd-bulk = 批量：{ $count } 户
audit-odd-off-hours = 非工作时间
audit-column-seq = 序号
audit-column-at = 时间（UTC）
audit-column-actor = 查看人
audit-column-action = 操作
audit-column-purpose = 用途
audit-column-case = 委托
audit-column-sources = 数据源
audit-column-outcome = 结果
audit-column-household = 家庭
audit-column-why = 异常原因
problem-audit-unreadable = 无法读取登记库中的审计记录（{ $kind }）
problem-audit-unreadable-hint = 请保持现状：有表被改动或删除；请用最近一次导出的文件和另存的检查点核验
