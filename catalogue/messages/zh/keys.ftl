# 密钥：文件、代次、令牌。

problem-key-file-missing = { $file ->
        [keyring] 密钥环 { $path } 不存在
        [master] 主密钥 { $path } 不存在
        [vault] 保险库 { $path } 不存在
        [worker] 工作机密钥文件 { $path } 不存在
       *[pin] 令牌 PIN 文件 { $path } 不存在
    }
problem-key-file-missing-hint = { $file ->
        [keyring] 请恢复其备份：没有它，任何密封内容都无法打开
        [master] 请恢复其备份：没有它，密钥环无法打开
        [vault] 按设计它没有备份；没有它，任何密封报告都无法打开：见 docs/keys.md
        [worker] 请在持有密钥环的机器上导出并带到此处
       *[pin] 请将 PIN 写入该文件，并改为仅本人可读写：chmod 600 { $path }
    }
problem-key-file-unreadable = { $file ->
        [keyring] 密钥环 { $path } 已损坏，或不是密钥环文件
        [master] 主密钥 { $path } 已损坏，或不是主密钥文件
        [vault] 保险库 { $path } 已损坏，或不是保险库文件
        [worker] 工作机密钥文件 { $path } 已损坏，或不是此类文件
       *[pin] 令牌 PIN 文件 { $path } 无法读取
    }
problem-key-file-unreadable-hint = { $file ->
        [keyring] 请恢复其备份；新建的密钥环打不开已有内容
        [master] 请恢复其备份；没有它，密钥环无法打开
        [vault] 按设计它没有备份；失去什么、能重做什么，见 docs/keys.md
        [worker] 请在持有密钥环的机器上重新导出
       *[pin] 请检查它是否为普通文件且本人可读
    }
problem-key-file-open-to-others = { $file ->
        [keyring] 密钥环
        [master] 主密钥
        [vault] 保险库
        [worker] 工作机密钥文件
       *[pin] 令牌 PIN 文件
    } { $path } 可被他人读取（权限 { $mode }）
problem-key-file-open-to-others-hint = 请改为仅本人可读写：chmod 600 { $path }
problem-key-file-unwritable = { $file ->
        [keyring] 密钥环
        [master] 主密钥
        [vault] 保险库
        [worker] 工作机密钥文件
       *[pin] 令牌 PIN 文件
    } { $path } 无法写入（{ $error }）
problem-key-file-unwritable-hint = 请检查文件夹写入权限与剩余空间，以及文件系统是否支持硬链接和文件锁
problem-key-file-busy = 另一进程长时间占用 { $path }
problem-key-file-busy-hint = 请等待其完成；若已无响应，请结束该进程，锁随之释放
problem-key-provider-other = { $path } 并非用当前主密钥（{ $where }）密封，而是用另一个 { $kind } 类主密钥
problem-key-provider-other-hint = 请使用与其配套的主密钥；其位置见设置
problem-key-unknown = { $path } 中没有密钥 { $key }
problem-key-unknown-hint = 请检查名称：registry、index、quarantine、signing、audit，或 region/ 加 catalogue/regions.toml 中的代码
problem-key-already-added = 密钥 { $key } 已有一个新增而未启用的代次
problem-key-already-added-hint = 请先启用该代次
problem-key-none-added = 密钥 { $key } 没有可启用的代次
problem-key-none-added-hint = 请先新增一个代次
problem-key-generations-spent = 密钥 { $key } 已用完 { $most } 个代次，不能再增
problem-key-generations-spent-hint = 请新建密钥环，并将全部内容重新密封
problem-key-no-such-generation = 密钥 { $key } 没有第 { $generation } 代
problem-key-no-such-generation-hint = 请查看现有代次
problem-key-in-use = 密钥 { $key } 的第 { $generation } 代正在使用
problem-key-in-use-hint = 请先启用另一代，并将其下的内容重新密封
problem-key-not-here = 本工作机不持有密钥 { $key }：{ $path } 只有公钥和签名密钥
problem-key-not-here-hint = 请在持有密钥环的机器上执行
problem-vault-no-such-epoch = 保险库没有第 { $epoch } 期
problem-vault-no-such-epoch-hint = 此 vault.json 比已密封的内容旧：请放回最新的保险库文件（它不在任何备份中）
problem-vault-epoch-destroyed = 保险库第 { $epoch } 期的密钥已于 { $date } 销毁
problem-vault-epoch-destroyed-hint = 无法恢复：封给它的是某家庭被销毁之前的旧副本
problem-vault-epoch-current = 第 { $epoch } 期是保险库的当前期
problem-vault-epoch-current-hint = 请先开始下一期，并将所有份额表改封给下一期
problem-token-lacks-key = 令牌 { $token } 中没有密钥 { $label }
problem-token-lacks-key-hint = 请使用与此密钥环配套的令牌
problem-token-unusable = 令牌 { $token } 无法使用（{ $error }）
problem-token-unusable-hint = 请检查令牌是否在位、模块与 PIN 是否正确，以及 Hedui 是否安装了 hsm 附加组件
problem-key-provider-settings = 设置要求主密钥存放在令牌中，但没有说明是哪个令牌
problem-key-provider-settings-hint = 请设置 HEDUI_PKCS11_MODULE（令牌的驱动库）和 HEDUI_PKCS11_PIN_FILE；见 docs/settings.md
problem-key-file-not-yours = { $path } 属于其他账号
problem-key-file-not-yours-hint = Hedui 以拥有密钥的专用账号运行：请通过该账号使用，例如 sudo -u hedui hedui …；审计记录仍记登录者的账号
problem-worker-not-over = { $path } 中不是工作机密钥文件，不予覆盖
problem-worker-not-over-hint = 请指定新的文件名
problem-keys-none-yet = { $folder } 中没有密钥
problem-keys-none-yet-hint = 请先导入家庭，密钥将随之建立；若曾有密钥，请将 HEDUI_HOME 或 HEDUI_KEYS 设为其所在文件夹，或放回备份
