# 记录为何归于某成员（matching/），以及计算引擎可能出现的问题。

evidence-number-equal = 身份号码一致
evidence-number-equal-15 = 身份号码一致，其中一方为15位旧号码
evidence-number-equal-document = 其他证件号码一致（护照、军人证件等，无校验码）
evidence-number-equal-text = 身份号码一致，但双方有同样的错误
evidence-number-substitution = 身份号码仅一位错误，其余一致
evidence-number-swap = 身份号码仅相邻两位颠倒，其余一致
evidence-number-insertion = 身份号码多写一位，其余一致
evidence-number-deletion = 身份号码少写一位，其余一致
evidence-number-region = 身份号码除地区码有误外一致
evidence-number-birth = 身份号码除出生日期有误外一致
evidence-number-sequence = 身份号码除末四位有误外一致
evidence-number-masked = 遮掩号码的可见部分一致（不少于10位）
evidence-number-masked-weak = 遮掩号码的可见部分一致（仅7至9位）
evidence-number-close-document = 其他证件号码（护照、军人证件等）仅差一个字符
evidence-number-shared = 同时符合多名核对对象
evidence-side-applicant = 有误的是核对对象一方的号码
evidence-name-same = 姓名一致
evidence-name-former = 与曾用名一致
evidence-name-unwritten = 姓名一致，但有一方无法写出的字
evidence-name-similar = 姓名相近
evidence-name-cut = 姓名被截断，已有部分一致
evidence-name-homophone = 姓名同音不同字
evidence-name-pinyin = 姓名为拼音，读音相符
evidence-name-different = 姓名不同
evidence-name-missing = 无姓名可比
evidence-birth-same = 出生日期一致
evidence-birth-different = 出生日期不同
evidence-sex-same = 性别一致
evidence-sex-different = 性别不同

problem-engine-unknown = 没有名为“{ $engine }”的计算引擎
problem-engine-unknown-hint = 请将 HEDUI_ENGINE 设为：{ $known }
problem-engine-failed = 计算引擎 { $engine } 无法继续（{ $kind }）
problem-engine-failed-hint = 请检查磁盘剩余空间和内存后重新运行：数据不会丢失，也不会重复处理
