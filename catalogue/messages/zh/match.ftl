# hedui match：对任意两份 Parquet 文件做匹配、估计参数、说明依据。

cli-match = 匹配任意两份文件：记录与核对对象
match-help =
    将 RECORDS 中的记录匹配到核对对象，结果按 record_id 排序写入 --out。无需登记库和密钥环。

    RECORDS：一个或多个 Parquet 文件，或装有 *.parquet 的文件夹；列为 record_id、resident_id、name（均为文本），可另有 birth_date（date32）、sex、document_type（resident_id、passport、military、other）。核对对象：applicant_id 及同样各列，可另有 former_names（文本列表）。

    输出列：record_id、applicant_id、grade、weight、evidence。说明见 docs/match.md。

    示例：hedui match 记录.parquet --applicants 核对对象.parquet --out 匹配结果.parquet
match-applicants-help = 核对对象（Parquet 文件）
match-out-help = 写入匹配结果的文件；已有的文件被整体替换
match-engine-help = 计算引擎
match-parameters-help = 使用此参数文件（由 hedui match fit 生成），代替随程序提供的参数
match-json-help = 在标准输出给出一个 JSON 对象，供程序读取
match-explain = 说明一对匹配：每项依据的权重
match-fit = 用这两份数据估计参数
match-fit-help =
    用 RECORDS 与核对对象本身的数据估计各项依据的概率（EM 算法），写成参数文件，供 --parameters 使用。无需已知真值。

    示例：hedui match fit 记录.parquet --applicants 核对对象.parquet --out 参数.toml
match-fit-out-help = 写入参数的文件；已有的文件被整体替换
match-fit-date-help = 数据日期，格式 YYYY-MM-DD，写入参数文件；默认为今天
match-explain-help =
    画出一条记录为何归于某核对对象：逐项依据、累计权重、等级界线，以及封顶的规则。

    MATCHES 为 hedui match 的输出；RECORD_ID 为记录编号，写作 - 则从标准输入读取。命令行中不得出现身份号码。

    示例：hedui match explain 匹配结果.parquet R000123 --svg 依据.svg
match-explain-applicant-help = 只看此核对对象（applicant_id）
match-explain-svg-help = 另存为 SVG 图
match-explain-parameters-help = 匹配时若用了 --parameters，请在此给出同一文件，以画出其界线

match-no-id-on-command-line = 看起来是身份号码。命令行会留在历史记录中，不得出现个人数据；请写作 -，从标准输入读取
match-progress = 匹配
match-progress-fit = 比对

match-interrupted = 已停止；没有写入任何结果，已有的文件不变

match-done = 匹配完成：{ $records } 条记录，{ $applicants } 名核对对象，用时 { $seconds } 秒
match-column-what = 项目
match-column-count = 数量
match-grade-certain = 确定
match-grade-probable = 很可能（待复核）
match-grade-possible = 可能（待复核）
match-number = 号码：{ $kind }
match-number-empty = 没有号码
match-number-scientific = 科学计数法，数字已丢失
match-number-masked = 部分遮盖
match-number-old_sequence = 15位，顺序码 996–999（生于18××年）
match-number-old_card = 2023年以前的外国人永久居留证
match-number-bad_check = 校验码不符
match-number-bad_date = 日期不存在
match-number-wrong_length = 位数不是15或18
match-number-other = 其他证件或文字
match-null-resident_id = { $side }：号码为空值
match-null-name = { $side }：姓名为空值
match-unknown-sex = { $side }：性别代码不认识，按未知处理
match-unknown-document_type = { $side }：证件类型不认识，按“其他”处理
match-side-records = 记录
match-side-applicants = 核对对象
match-number-document = 其他类型的证件（按文字比对）
match-capped = 候选过多而未逐一比对的查找
match-wrote = 已写入：{ $path }

match-fit-done = 参数已写入 { $path }：版本 { $version }，依据 { $pairs } 对候选
match-fit-use = 使用：hedui match 记录.parquet --applicants 核对对象.parquet --out 匹配结果.parquet --parameters { $path }

waterfall-title = { $record } → { $applicant }：{ $grade }
waterfall-subtitle = 权重 { $weight }（以2为底：每加1，是同一人的可能性翻一倍）
waterfall-evidence = 依据
waterfall-weight = 权重
waterfall-total = 累计
waterfall-threshold = { $grade }的界线：{ $weight }
waterfall-described = 共 { $count } 项依据，合计权重 { $weight }。{ $items }。{ $why }
waterfall-item = { $label } { $weight }，累计 { $total }
waterfall-joiner = ；
waterfall-axis = 权重（以2为底的对数）
waterfall-not-adding = 各项依据之和与文件中的权重不一致

match-rule-certain = 号码完整有效且一致，姓名相符，又没有其他人选：可以确定。
match-rule-tied = 规则：同时符合多名核对对象，不会评为确定，归属由人判断。
match-rule-name-close = 规则：号码一致，但姓名只是相近，最高为很可能。
match-rule-name-missing = 规则：号码一致，但没有姓名可比，最高为很可能。
match-rule-name-different = 规则：号码一致而姓名不同，最高为可能；不丢弃，交人复核。
match-rule-number = 规则：号码并非完整有效地一致，无论权重多高，最高为很可能。
match-rule-number-and-name = 规则：号码并非完整有效地一致，姓名又不相符，最高为可能。
match-rule-threshold = 权重 { $weight } 未达到“{ $grade }”的界线 { $threshold }。

problem-match-no-file = 没有可读取的文件或文件夹 { $path }
problem-match-no-file-hint = 请检查路径和读取权限
problem-match-applicants-folder = --applicants { $path } 是文件夹，应为一个 Parquet 文件
problem-match-applicants-folder-hint = 请写出文件名；多个文件可先合并：duckdb -c "COPY (SELECT * FROM '文件夹/*.parquet') TO '核对对象.parquet'"
problem-match-folder-without-parquet = 文件夹 { $path } 中没有 *.parquet 文件（不查看子文件夹）
problem-match-folder-without-parquet-hint = 请给出直接装有 Parquet 文件的文件夹，或逐一列出文件
problem-match-empty-file = 文件 { $path } 为空（0 字节）
problem-match-empty-file-hint = 请重新导出；没有数据行的 Parquet 文件可以使用，0 字节的文件不是 Parquet
problem-match-not-parquet = 文件 { $path } 不是 Parquet 文件
problem-match-not-parquet-hint = CSV 或电子表格请先转换为 Parquet，各列按文本读取，否则身份号码会丢失数字；见 docs/match.md
problem-match-truncated = Parquet 文件 { $path } 不完整：结尾缺失
problem-match-truncated-hint = 写入或传输曾被中断：请重新导出或重新复制
problem-match-damaged = Parquet 文件 { $path } 已损坏，无法读取
problem-match-damaged-hint = 请重新导出或重新复制，并核对文件大小
problem-match-encrypted = Parquet 文件 { $path } 是加密的，本命令没有密钥
problem-match-encrypted-hint = 请由持有密钥者导出未加密的副本，放在只有本人可读的文件夹中，用后删除
problem-match-column-missing = { $path } 缺少列 { $column }；必需的列：{ $expected }
problem-match-column-missing-hint = 请改正列名（区分大小写）后重新导出；各列说明见 docs/match.md
problem-match-column-twice = { $path } 中列 { $column } 出现不止一次
problem-match-column-twice-hint = 请只保留一列后重新导出
problem-match-column-type = { $path } 中列 { $column } 的类型是 { $found }，应为 { $expected }
problem-match-column-type-hint = 请在导出前转换此列的类型；写法见 docs/match.md
problem-match-column-digits = { $path } 中列 { $column } 是数值（{ $found }），应为文本：存为数值会丢失末位的 X、开头的 0，浮点数还会丢失末几位数字
problem-match-column-digits-hint = 请从来源处按文本重新导出；由数值转回文本，丢失的数字不会恢复
problem-match-column-timestamp = { $path } 中列 { $column } 是时间戳（{ $found }），应为日期 date32：换算时区可能差一天
problem-match-column-timestamp-hint = 请按数据所在时区取日期后重新导出，例如 SQL：CAST({ $column } AS DATE)
problem-match-id-missing = { $path } 中有 { $count } 行的 { $column } 为空
problem-match-id-missing-hint = 请给每一行一个不重复的编号后重新导出
problem-match-duplicate-applicants = { $path } 中有 { $count } 行重复了别行的 applicant_id
problem-match-duplicate-applicants-hint = 每名核对对象只能有一行；曾用名请放入 former_names 列
problem-match-duplicate-records = 有 { $count } 个 record_id 用于不止一行匹配到的记录
problem-match-duplicate-records-hint = 请给每条记录一个不重复的 record_id；多个文件合并时，可在编号前加来源名称
problem-match-records-without-id = 匹配到的记录中，有 { $count } 行没有 record_id
problem-match-records-without-id-hint = 请给每条记录一个不重复的 record_id
problem-match-not-utf8 = { $path } 的列 { $column } 中有 { $count } 个值不是 UTF-8 文本
problem-match-not-utf8-hint = 来源可能是 GB18030 编码：请在转换为 Parquet 时指明原编码，重新导出
problem-match-out-is-input = 输出 { $path } 就是输入文件，或在输入文件夹之中
problem-match-out-is-input-hint = 请为 --out 换一个位置
problem-match-out-no-folder = 输出所在的文件夹 { $folder } 不存在
problem-match-out-no-folder-hint = 请先建立该文件夹，或为 --out 换一个位置
problem-match-out-not-a-file = 输出 { $path } 已存在，但不是普通文件
problem-match-out-not-a-file-hint = 请为 --out 给出一个文件名
problem-match-out-unwritable = 输出 { $path } 无法写入（{ $kind }）
problem-match-out-unwritable-hint = 请检查文件夹写入权限和磁盘剩余空间
problem-disk-full = { $folder } 中无法再写入：磁盘已满，或达到配额、文件大小的限制
problem-disk-full-hint = 请清理该处空间，或将 --out 换到更大的磁盘后重新运行；没有写入任何结果，临时文件已删除
problem-spark-unreachable = Spark 主节点 { $master } 没有应答
problem-spark-unreachable-hint = 请检查 HEDUI_SPARK_MASTER（spark://主机:端口）、主节点是否在运行、本机能否连接；也可改用 --engine local
problem-match-bad-parameters = 参数文件 { $path } 无法使用：不是参数文件，或内容不全
problem-match-bad-parameters-hint = 请给出 hedui match fit 所写的文件，不要手工修改
problem-match-not-matches = { $path } 不是 hedui match 的输出
problem-match-not-matches-hint = 请给出 hedui match 的 --out 所写的文件
problem-match-none-of-record = { $path } 中没有这条记录与所给核对对象的匹配
problem-match-none-of-record-hint = 请检查 RECORD_ID 和 --applicant；未匹配的记录不在此文件中
problem-match-several = 这条记录有 { $count } 个并列的核对对象，一幅图只画一对
problem-match-several-hint = 请用 --applicant 指明其中一个；不加 --svg 则全部显示
problem-match-fit-too-little = 只有 { $count } 对候选可比，估计参数至少需要 { $least } 对
problem-match-fit-too-little-hint = 请给出更多记录，或使用随程序提供的参数
problem-match-fit-no-sense = 由 { $count } 对候选估计不出合理的参数（例如号码一致反而不利于同一人）
problem-match-fit-no-sense-hint = 请检查两份文件的列是否对应；在此之前请使用随程序提供的参数
