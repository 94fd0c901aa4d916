cli-hedui = 核对申请社会救助家庭的经济状况。
cli-hedui-epilog = 示例：hedui nightly --date 2026-06-30。退出码：0 完成，1 程序故障，2 用法错误，3 批次降级，4 需人工处理后再运行。
cli-commands = 命令
cli-nightly = 夜间核对：天亮前核对完所有家庭
cli-run = 查看批次：数据源、隔离区、匹配、用时
cli-household = 导入家庭、成员、申报与授权
cli-report = 查阅密封的核对报告
cli-mock = 模拟省：55 个数据源，真实协议

cli-nightly-help =
    核对某一业务日期的全部家庭：选取、提取、落地、校验、匹配、评估、报告、发布。

    可随时重新运行：已完成的不会重做，中断的批次从断点继续。

    示例：hedui nightly --date 2026-06-30
cli-date-help = 业务日期，格式 YYYY-MM-DD；默认为上海时间的昨天
cli-json-help = 输出一个 JSON 对象，供程序读取
cli-run-help =
    查看批次。

    示例：hedui run show --date 2026-06-30
cli-run-show-help =
    显示最新批次或某一业务日期批次的汇总。

    示例：hedui run show --date 2026-06-30 --json
cli-run-wrote-page = 汇总页：{ $path }
cli-score-help =
    将某批次已发布的匹配结果与模拟省的真值比较。

    示例：hedui mock score --date 2026-06-30

problem-no-run = 没有 { $date } 的批次
problem-no-run-hint = 请先运行：hedui nightly
problem-run-busy = 另一个进程正在处理 { $date } 的批次
problem-run-busy-hint = 请等待其结束，或先停止它，再重新运行
problem-no-households = 登记库中没有待核对的家庭
problem-no-households-hint = 请先导入：hedui household import 文件
problem-no-province = { $folder } 中没有模拟省
problem-no-province-hint = 请先建立并启动：hedui mock up
cli-bad-language = HEDUI_LANGUAGE 指定的语言不存在；可用：{ $known }
cli-bad-date = 日期应写作 YYYY-MM-DD
cli-airflow-help = 在单进程的真实 Airflow 中运行 DAG，而非直接运行各阶段
cli-run-page-help =
    写出批次汇总页（单个自足文件）并显示其路径。

    示例：hedui run page
problem-no-run-at-all = 尚无任何批次
problem-no-run-at-all-hint = 请先运行：hedui nightly
problem-bad-settings = 以下设置无法使用：{ $names }
problem-bad-settings-hint = 各项设置的取值见 docs/settings.md；变量为空即取默认值
problem-no-room = 没有空间写入：磁盘已满，或达到配额、文件大小的限制
problem-no-room-hint = 请清理 HEDUI_HOME 所在处和输出所在处的空间，然后重新运行
problem-home-unusable = 文件夹 { $folder } 无法建立或使用（{ $kind }）
problem-home-unusable-hint = 请将 HEDUI_HOME 设为当前用户可写的文件夹
cli-run-date-help = 业务日期，格式 YYYY-MM-DD；默认为最近开启的批次
cli-select-help = 仅选取家庭（在存有密钥环的机器上）；其余由工作机完成
cli-select-alone = --select 不能与 --airflow 同用
cli-select-next = 接着在工作机上运行：HEDUI_WORKER_KEYS=worker.json hedui nightly --date { $date }
cli-no-id-number = 命令行中有内容看起来是身份号码。命令行会留在历史记录和进程列表中，不得出现个人数据；家庭请用其编号
cli-not-a-code = 请填写由小写字母、数字、_ 和 - 组成的代码，例如 complaint
