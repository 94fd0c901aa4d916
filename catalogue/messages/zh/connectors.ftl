# -- 清单文件：整体
problem-bad-manifests = { $files } 个数据源清单中有 { $faults } 处错误：
problem-bad-manifests-hint = 请按所列各行逐一修改；docs/manifest.md 中每种写法都有示例

# -- 清单文件：逐项错误
fault-unknown-key = 此处没有这个键；可用的有 { $known }
fault-missing-key = 缺少这个键
fault-not-one-of = 应为以下之一：{ $allowed }
fault-expected-text = 应为引号内的文字
fault-expected-true-or-false = 应为 true 或 false
fault-expected-whole-number = 应为整数
fault-expected-number = 应为数字
fault-expected-table = 应为一个表
fault-expected-list = 应为一个列表
fault-expected-not-empty = 不能为空
fault-out-of-range = 应为 { $range } 的数字
fault-secret-in-manifest = 清单中不得写入密码；应只写一个名称："${"{"}bank_01_password{"}"}"
fault-delimiter = 应为一个 ASCII 字符（引号、换行除外），如 "|" 或 "\u0001"
fault-date-pattern = %Y、%m、%d 应各出现一次（有时间的可加 %H、%M、%S），如 "%Y%m%d"
fault-regex = 应为 Python 形式的正则表达式
fault-regex-groups = 命名组只能是 date、count、sum、bytes
fault-path-template = 应为路径；花括号内只能写日期，如 {"{"}date:%Y%m%d{"}"}
fault-path-outside = 应为数据源目录之内的路径：不能是绝对路径，不能含 ".."
fault-url-path = 应为以 "/" 开头的路径，不含 "?"、"#" 和 ".."
fault-pointer = 应为 JSON 指针，如 "/data/records"
fault-element-path = 应为元素路径，如 "card/number"、"card/@type" 或 "@id"
fault-place = 应为 JSON 指针，如 "/data/total"；XML 中应为元素路径，如 "head/count"
fault-no-such-file = 文件不存在
fault-not-utf-8 = 文件应为 UTF-8 编码
fault-not-toml = 不是 TOML 文件
fault-id-twice = 另有清单使用同一编号 { $id }
fault-file-name = 文件名应由小写字母、数字和下划线组成，并以字母开头
fault-unknown-category = 目录中没有数据大项 { $category }；可用的有 { $known }
fault-category-twice = { $category } 出现两次；一个数据源对一个数据大项只交付一次
fault-unknown-item = { $category } 中没有数据小项 { $item }；可用的有 { $known }
fault-item-twice = { $item } 对应了两次
fault-item-not-mapped = { $item } 必须对应到一列
fault-date-needed = 请写明日期的书写形式，如 "%Y%m%d"
fault-not-for-type = 对 { $type } 类型的数据小项没有意义
fault-columns-needed = 没有列名行时，须在此列出各列
fault-columns-and-header = 首行已给出列名；只有 header = false 时才列出各列
fault-column-twice = 有两列同名：{ $column }
fault-unknown-column = 没有 { $column } 这一列；可用的有 { $known }
fault-no-business-date = 查询语句必须使用 :business_date
fault-control-lacks = 各模式中应恰有一个名为 { $group } 的组
fault-sum-without-item = 交付中有合计：请写明是哪个数据小项的合计
fault-item-without-sum = 请写明该数据小项的合计从何处取得，否则请删去

# -- 命名值
problem-missing-value = 没有名为 { $name } 的值：已查找环境变量 { $variable } 和文件 { $file }
problem-missing-value-hint = 请设置该环境变量，或将值写入该文件
problem-unreadable-value = 无法读取值 { $name } 的文件：{ $file }
problem-unreadable-value-hint = 请检查文件权限；内容应为 UTF-8 文字
problem-bad-value = { $source }：{ $what } 的值不可用；应为 { $expected }
problem-bad-value-hint = 请更正该值，或更正 { $source } 的清单

# -- 提取
problem-database-unprotected = { $source }：{ $category } 的数据库地址允许不验证服务器身份的连接
problem-database-unprotected-hint = 请从地址中删去 sslmode，或设为 verify-full；私有证书机构的证书在清单的 ca_file 中指定。本机以外只能连接 PostgreSQL
problem-unreachable = { $source }：提取 { $category } 时无法连接
problem-unreachable-hint = 请询问数据源服务是否正常，并检查地址和网络；下一批次会再次尝试
problem-timed-out = { $source }：{ $seconds } 秒内未取得 { $category } 的完整应答
problem-timed-out-hint = 请询问数据源是否负载过高；可在其清单中放宽时限（seconds）
problem-server-error = { $source }：提取 { $category } 时数据源自身报错（{ $status }）
problem-server-error-hint = 请告知数据源；下一批次会再次尝试
problem-access-refused = { $source }：提取 { $category } 被拒绝访问
problem-access-refused-hint = 请更新 values 目录中的用户名、密码或密钥
problem-host-key-changed = { $source }：服务器主机密钥与清单中的不一致
problem-host-key-changed-hint = 请先通过其他途径向数据源核实新密钥，再写入清单；本次未提取任何数据
problem-not-delivered = { $source }：{ $category } 尚未交付（{ $file }）
problem-not-delivered-hint = 请询问数据源何时交付；下一批次会接收
problem-not-a-file = { $source }：{ $file } 处不是普通文件
problem-not-a-file-hint = 请数据源以普通文件形式放置
problem-still-being-written = { $source }：读取时 { $file } 发生了变化
problem-still-being-written-hint = 请数据源先以其他名称写入，完成后再改名；下一批次会再次尝试
problem-unexpected-answer = { $source }：{ $category } 的应答不符合其接口约定（{ $status }）
problem-unexpected-answer-hint = 请对照数据源的接口说明检查清单
problem-too-large = { $source }：{ $category } 的交付超过允许大小（{ $limit }）
problem-too-large-hint = 请询问数据源交付了什么
problem-fetch-failed = { $source }：提取 { $category } 时程序内部出错（{ $error }）
problem-fetch-failed-hint = 请连同数据源名称一并报告；其他数据源不受影响

# -- 整份交付
problem-empty-delivery = { $source }：{ $category } 的交付为空
problem-empty-delivery-hint = 请数据源重新交付
problem-truncated-delivery = { $source }：{ $category } 的交付不完整，中途截断
problem-truncated-delivery-hint = 请数据源重新交付，并检查其磁盘空间和传输过程
problem-wrong-encoding = { $source }：{ $category } 不是约定的编码（{ $expected }）
problem-wrong-encoding-hint = 请询问数据源是否更换了编码；如已更换，请修改清单
problem-stale-delivery = { $source }：{ $category } 的数据日期为 { $found }，应为 { $expected }
problem-stale-delivery-hint = 请数据源交付 { $expected } 的数据
problem-count-mismatch = { $source }：{ $category } 声明 { $declared } 行，实有 { $found } 行
problem-count-mismatch-hint = 请数据源重新交付，并检查其计数方法
problem-size-mismatch = { $source }：{ $category } 声明 { $declared } 字节，实有 { $found } 字节
problem-size-mismatch-hint = 请数据源重新交付
problem-sum-mismatch = { $source }：{ $category } 各行之和与声明的合计不符
problem-sum-mismatch-hint = 请数据源重新交付；并检查清单中的金额单位
problem-missing-column = { $column ->
    [query] { $source }：{ $category } 的查询语句中有一列不存在
    [unnamed] { $source }：{ $category } 过半的行与声明的列数不符
   *[other] { $source }：{ $category } 缺少 { $column }
    }
problem-missing-column-hint = 请询问数据源是否改变了格式；如已改变，请修改清单
problem-missing-sheet = { $source }：{ $category } 的工作簿中没有工作表 { $sheet }
problem-missing-sheet-hint = 请询问数据源是否改变了格式；如已改变，请修改清单
problem-column-twice = { $source }：{ $category } 有多列同名 { $column }
problem-column-twice-hint = 请询问数据源应取哪一列
problem-control-unreadable = { $source }：无法读取 { $category } 的控制信息（{ $part }）
problem-control-unreadable-hint = 请对照交付内容检查清单中的控制模式
problem-pages-disagree = { $source }：{ $category } 各页给出的日期、行数或合计不一致
problem-pages-disagree-hint = 提取期间数据发生了变化；下一批次会再次尝试
problem-unreadable-delivery = { $source }：{ $category } 不是约定的格式（第 { $line } 行；0 表示不详）
problem-unreadable-delivery-hint = 请询问数据源交付了什么，并与清单对照
problem-decode-failed = { $source }：解读 { $category } 时程序内部出错（{ $error }）
problem-decode-failed-hint = 请连同数据源名称一并报告；其他数据源不受影响

# -- 隔离的行
reason-bad-date = 日期不符合约定形式
reason-bad-money = 金额不符合约定单位
reason-bad-number = 不是数字
reason-unknown-code = 清单未列出的代码
reason-wrong-field-count = 字段数不符
reason-wrong-length = 行长度不符
reason-broken-character = 含有无法识别的字符
reason-not-a-value = 不是单一的值
