# 日常清理：到期的删除，审计记录签名，需要人处理的指出来。

cli-housekeeping = 删除到期内容，对审计记录签名，指出需要人处理的事项

housekeeping-help =
    按有日期的保存期限规定删除到期内容，清除被中断的进程留下的文件，列出昨天的异常查看，指出应更换的密钥，并对审计记录签名。一步失败不影响其他各步。

    退出码：0 一切正常，3 有事项需要人处理（密钥、某步失败），4 没有一步能完成。

    示例：hedui housekeeping --dry-run
housekeeping-date-help = 按哪一天的规定，YYYY-MM-DD；默认为今天（上海时间）；将来的日期只能与 --dry-run 同用
housekeeping-dry-run-help = 只说明将删除什么，不作任何改动

problem-retention-refused = { $path } 中有 { $count } 处错误，未据此删除任何内容：
problem-retention-refused-hint = 请逐一改正上列各处；写法见 docs/retention.md
retention-mistake-unreadable = 文件无法读取
retention-mistake-toml = 不是 TOML 文件
retention-mistake-missing = 缺少
retention-mistake-extra_forbidden = 此文件中没有这个键
retention-mistake-entries = 应为一个列表，其中至少有一项带日期的规定
retention-mistake-twice = 有两项规定在同一天生效
retention-mistake-from = 应为不加引号的日期，如 2026-01-01
retention-mistake-days = 应为整数天数，1 至 36525
retention-mistake-warn = 应为整数天数，0 至 36525
retention-mistake-basis = 应写明规定期限的文件，或 "illustrative"（示例）

problem-housekeeping-ahead = { $date } 尚未到来：不提前删除任何内容
problem-housekeeping-ahead-hint = 请不加 --date；加 --dry-run 可查看到那一天将删除什么
problem-housekeeping-store = 报告库无法使用（{ $kind }）
problem-housekeeping-store-hint = 请检查 HEDUI_STORE_URL、报告库的权限和网络，然后重新运行 hedui housekeeping

housekeeping-newest-kept = 批次 { $run } 的报告已到期，但予以保留：它是最新批次，默认供查阅。
housekeeping-busy = 正在进行密钥操作：{ $count } 个到期批次的报告留待次日删除。
housekeeping-odd-list = 异常查看 { $count } 项，清单见 { $path }
housekeeping-copy-it = 检查点只保存在 { $path }：请将 HEDUI_AUDIT_CHECKPOINTS 设为登记库管理员改不到的文件。
housekeeping-key-due = { $count } 个密钥已达到规定的最长使用时间：{ $keys }
housekeeping-key-soon = { $count } 个密钥将在 { $days } 天后到期：{ $keys }
housekeeping-key-added = { $count } 个密钥代次已新增而未启用：{ $keys }
housekeeping-key-revoked = { $count } 个密钥代次已吊销，但其私密部分仍在：{ $keys }
housekeeping-key-epoch = 保险库有 { $count } 期已过，但其密钥仍在：{ $keys }
housekeeping-key-worker = 工作机密钥文件与当前的密钥环和保险库不一致：请重新导出。

housekeeping-dry-run = 未作任何改动。以下内容将被删除：
housekeeping-retention = 到期
housekeeping-orphans = 残留
housekeeping-odd = 昨天的查看
housekeeping-keys = 密钥
housekeeping-checkpoint = 检查点
housekeeping-failed = 未完成
housekeeping-none = 无
housekeeping-count-runs = 批次
housekeeping-count-reports = 报告
housekeeping-count-newest_kept = 到期仍保留
housekeeping-count-household_changes = 家庭变更前的状态
housekeeping-count-oversight_lists = 异常查看清单
housekeeping-count-working_areas = 工作区
housekeeping-count-quarantine_files = 隔离文件
housekeeping-count-report_files = 报告文件
housekeeping-count-entries = 记录
housekeeping-count-no-open-case = 没有未结委托
housekeeping-count-own-surname = 与查看人同姓
housekeeping-count-own-address = 与查看人同住址
housekeeping-count-bulk = 批量
housekeeping-count-off-hours = 非工作时间
housekeeping-count-due = 到期
housekeeping-count-soon = 即将到期
housekeeping-count-added = 未启用
housekeeping-count-revoked = 吊销未删除
housekeeping-count-epoch = 过期未销毁
housekeeping-count-worker = 工作机密钥文件过时

housekeeping-need = 需要人处理：{ $what }
housekeeping-need-step = { $step }未完成
housekeeping-need-due = { $count } 个密钥应更换（docs/keys.md）
housekeeping-need-soon = { $count } 个密钥即将到期，应准备更换（docs/keys.md）
housekeeping-need-added = { $count } 个新增密钥待启用
housekeeping-need-revoked = { $count } 个已吊销密钥，全部重新密封后应删除
housekeeping-need-epoch = 保险库 { $count } 期已过的密钥待销毁
housekeeping-need-worker = 工作机密钥文件应重新导出
