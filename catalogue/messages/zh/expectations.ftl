# 行被隔离、提取被拒收的原因（expectations/）。

# -- 行
reason-missing-number = 没有身份号码
reason-missing-name = 没有姓名
reason-missing-key = 没有可识别该记录的编号
reason-missing-value = 必填项为空
reason-implausible-date = 日期早于1900年或过晚
reason-implausible-amount = 金额或数值超出合理范围
reason-unlisted-code = 目录中没有的代码
reason-reversed-period = 所属期止早于所属期起
reason-duplicate-row = 与前面某一行完全相同

# -- 提取
reason-no-rows = 没有任何数据行
reason-too-many-bad-rows = 不合格行超过十分之一
reason-repeated-row-numbers = 行号重复
reason-names-not-chinese = 含汉字的姓名不足一半
reason-names-garbled = 几乎没有姓名以常见姓氏开头：文字编码可能有误
reason-not-evaluated = 有规则无法评估：缺列或列类型不符

problem-expectations-failed = { $category } 的质量检查程序自身出错（{ $kind }）
problem-expectations-failed-hint = 这不是数据源的问题；请连同数据大项名称一并报告
