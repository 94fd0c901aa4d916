# 记录为何归于某成员（matching/），以及计算引擎可能出现的问题。

evidence-number-equal = 身份号码一致
evidence-number-equal-15 = 身份号码一致，其中一方为15位旧号码
evidence-name-same = 姓名一致
evidence-name-similar = 姓名相近
evidence-name-different = 姓名不同
evidence-name-missing = 无姓名可比
evidence-number-shared = 同时符合多名核对对象

problem-engine-unknown = 没有名为“{ $engine }”的计算引擎
problem-engine-unknown-hint = 请将 HEDUI_ENGINE 设为：{ $known }
problem-engine-failed = 计算引擎 { $engine } 无法继续（{ $kind }）
problem-engine-failed-hint = 请检查磁盘剩余空间和内存后重新运行：数据不会丢失，也不会重复处理
