# 登记库：密钥环、数据库、家庭及其导入文件。

problem-keyring-does-not-fit = 登记库中的内容不是用这个密钥环密封的
problem-keyring-does-not-fit-hint = 请使用与此登记库配套的密钥环；若要新建，请另设 HEDUI_HOME
problem-seal-broken = 密封内容 { $what } 无法打开：被改动、被移位，或由另一密钥环密封
problem-seal-broken-hint = 请检查密钥环与登记库是否配套；否则请用备份恢复登记库
problem-registry-unreachable = 登记库 { $database } 无法使用（{ $kind }）
problem-registry-unreachable-hint = 请检查 HEDUI_DATABASE_URL、数据库是否运行以及用户权限
problem-registry-newer = 登记库结构版本为 { $found }，本版本只认识 { $known }
problem-registry-newer-hint = 请安装最近使用过此登记库的版本或更新的版本
problem-run-closed = 批次 { $run } 不存在或已发布，不能再记录
problem-run-closed-hint = 请重新运行该业务日期：hedui nightly
problem-asking-closed = 批次 { $run } 的查询已经结束，不再记录来源 { $source } 的答复
problem-asking-closed-hint = 此批次发布后，请再次运行当夜任务，产生下一版：hedui nightly
problem-reports-incomplete = 批次 { $run } 应有 { $expected } 户报告，实有 { $found } 份，未发布
problem-reports-incomplete-hint = 查阅者所见不变。请重新运行当夜任务；若仍在此停止，请删除 HEDUI_HOME 下的 work/run={ $run } 文件夹，此批次将从头开始
problem-audit-unwritable = 审计记录无法写入（{ $kind }），因此不显示任何内容
problem-audit-unwritable-hint = 请检查登记库的磁盘空间和权限后重试

problem-import-no-file = 没有可读取的文件 { $path }
problem-import-no-file-hint = 请检查路径；生成模板：hedui household template 文件.xlsx
problem-import-empty-file = 文件 { $path } 为空（0 字节）
problem-import-empty-file-hint = 请从来源处重新导出
problem-import-old-xls = 文件 { $path } 是旧的 .xls 格式
problem-import-old-xls-hint = 请打开后另存为 .xlsx 或 CSV
problem-import-password = 文件 { $path } 有密码保护
problem-import-password-hint = 请另存为无密码的文件，导入后删除该副本
problem-import-not-a-spreadsheet = 文件 { $path } 既不是 .xlsx 表格，也不是 UTF-8 或 GB18030 编码的 CSV
problem-import-not-a-spreadsheet-hint = 请从模板开始：hedui household template 文件.xlsx
problem-import-broken-csv = { $path } 第 { $line } 行的引号未闭合，或位于内容中间
problem-import-broken-csv-hint = 请重新导出，或另存为 .xlsx
problem-template-exists = 文件 { $path } 已存在
problem-template-exists-hint = 请换一个文件名
problem-template-unwritable = 文件 { $path } 无法写入
problem-template-unwritable-hint = 请检查文件夹是否存在、是否有写入权限

household-help =
    家庭、成员、申报与授权。

    示例：hedui household import 家庭.xlsx
household-import-help =
    从电子表格（.xlsx）或 CSV（UTF-8 或 GB18030）导入家庭：每名成员一行。

    要么全部导入，要么都不导入：每处错误都指明行和列。登记库中已有的家庭会被更新，更新前的内容予以保留；文件未提及的家庭不变。

    示例：hedui household import 家庭.xlsx --dry-run
household-dry-run-help = 只检查错误、统计变化，不导入
household-template-help =
    生成待填写的电子表格，含示例、可选项列表和各列说明。

    示例：hedui household template 家庭.xlsx
household-taken-in = 已导入：{ $households } 户，{ $rows } 人；新增 { $new } 户，更新 { $updated } 户，未变 { $unchanged } 户
household-dry-run = 未导入；此文件含 { $households } 户，{ $rows } 人；将新增 { $new } 户，更新 { $updated } 户，未变 { $unchanged } 户
household-changed = 变化：{ $parts }
household-part-place = 地区 { $count }
household-part-case = 委托 { $count }
household-part-authorisation = 授权 { $count }
household-part-members = 成员 { $count }
household-part-declared = 申报 { $count }
household-warnings = 提醒 { $count } 处（不影响导入）
household-more = ……另有 { $count } 处；查看全部：--json
household-template-made = 模板：{ $path }
household-place = 第 { $row } 行 { $column }：

problem-import-mistakes = { $path } 中有 { $count } 处错误，未导入任何内容
problem-import-mistakes-hint = 请改正以上单元格后重新导入

household-column-household = 户编号
household-column-county = 县区代码
household-column-township = 乡镇
household-column-case = 委托编号
household-column-case_kind = 委托类型
household-column-purpose = 核对用途
household-column-authorisation = 授权书编号
household-column-signed_on = 授权签署日期
household-column-valid_until = 授权截止日期
household-column-revoked_on = 授权撤销日期
household-column-member = 成员序号
household-column-relation = 与申请人关系
household-column-name = 姓名
household-column-resident_id = 公民身份号码
household-column-signed = 已签署
household-column-guardian = 代签人
household-column-declared_monthly_income = 申报月收入
household-column-declared_financial_assets = 申报金融资产
household-column-declared_vehicles = 申报车辆数
household-column-declared_houses = 申报住房数

household-legend-title = 填写说明
household-legend-rows = 每名成员一行；户的内容在该户每一行重复填写，且必须一致。请删除示例行：其中人员均为虚构。
household-legend-sheet = 填写说明
household-legend-column = 列
household-legend-must = 是否必填
household-legend-meaning = 填写内容
household-legend-yes = 必填
household-legend-no = 可空
household-legend-household = 户的编号：字母开头，由字母、数字或连字符组成，如 H000123
household-legend-county = 受理县区的六位代码，如 320102
household-legend-township = 乡镇或街道的代码或名称
household-legend-case = 核对委托的编号，如 C2026-000123
household-legend-case_kind = 委托的由来：{ $codes }
household-legend-purpose = 核对结果的用途：{ $codes }
household-legend-authorisation = 已签署授权书的编号；没有授权书则留空，此户不查询
household-legend-signed_on = 签署日期，如 2026-01-31
household-legend-valid_until = 授权期限的最后一天；留空表示救助期间一直有效
household-legend-revoked_on = 撤销授权的日期
household-legend-member = 成员在户内的序号：1、2、3……
household-legend-relation = 与申请人的关系：{ $codes }
household-legend-name = 身份证上的姓名
household-legend-resident_id = 公民身份号码；单元格须设为文本格式，数字格式会丢失末尾几位
household-legend-signed = 本人或其监护人是否已在授权书上签字：是 或 否
household-legend-guardian = 本人不能签署时（未满 18 周岁必填），代签的监护人的成员序号
household-legend-declared_monthly_income = 本人申报的月收入，单位元；留空表示未申报
household-legend-declared_financial_assets = 本人申报的存款、基金等金融资产，单位元；留空表示未申报
household-legend-declared_vehicles = 申报的机动车数量；留空表示未申报
household-legend-declared_houses = 申报的住房数量；留空表示未申报

case-kind-new = 新申请
case-kind-reverification = 复核
case-kind-monitoring = 动态监测
case-kind-on_demand = 即时核对
purpose-allowance = 低保
purpose-destitute = 特困
purpose-margin = 低保边缘
purpose-rigid_expenditure = 支出型困难
purpose-disaster = 受灾
purpose-medical = 医疗
purpose-temporary = 临时
purpose-single_severely_disabled = 单人重残
purpose-several_disabled = 一户多残
purpose-charity = 慈善
purpose-education = 教育
purpose-housing = 住房
purpose-employment = 就业
purpose-relapse = 防返贫
purpose-legal_aid = 法律援助
purpose-workers_in_hardship = 困难职工
purpose-other = 其他
relation-self = 本人
relation-spouse = 配偶
relation-child = 子女
relation-parent = 父母
relation-other = 其他

household-mistake-missing = 此格必填
household-mistake-missing-column = 第一行缺少此列
household-mistake-unknown-column = 不认识此列标题；标题以模板为准
household-mistake-repeated-column = 此列标题重复，首次出现在 { $first } 列
household-mistake-no-heading = 没有标题的列中填有内容
household-mistake-no-rows = 标题行下没有任何内容
household-mistake-merged-cell = 合并单元格；每格须单独填写
household-mistake-formula-cell = 单元格是公式；请粘贴为数值
household-mistake-error-cell = 单元格是表格错误值；请填入内容
household-mistake-reference = 应为编号：字母开头，其后最多 31 个字母、数字或连字符，不得是身份号码
household-mistake-short-text = 最多 { $longest } 个字符，不得是身份号码
household-mistake-example = 模板的示例行：请删除
household-mistake-county = 应为本省县区的六位代码
household-mistake-code = 应为以下之一：{ $codes }
household-mistake-date = 应为日期，如 2026-01-31
household-mistake-no-such-day = 日历上没有这一天
household-mistake-date-implausible = 日期不应早于 { $first } 年
household-mistake-amount = 应为以元为单位的金额，如 1234.50
household-mistake-amount-in-wan = 单位应为元，不是万元：1万请写 10000
household-mistake-amount-decimals = 最多两位小数
household-mistake-amount-too-large = 金额应小于 1000 万亿元
household-mistake-negative = 不应为负数
household-mistake-scientific = 应写出全部数字，不用科学计数法（如 1.2E+05）
household-mistake-whole-number = 应为整数
household-mistake-count = 应为 { $lowest } 至 { $highest } 的整数
household-mistake-yes-no = 应为 是 或 否
household-mistake-not-a-name = 应为姓名：最多 100 个字符，不得是一串数字
household-mistake-unseen-character = 含有看不见的字符（控制符或书写方向标记）：请重新输入
household-mistake-not-a-number = 应为证件号码：最多 { $longest } 个字符
household-mistake-digits-lost = 表格以科学计数法保存了此号码，末尾数字已丢失：请将单元格设为文本格式后重新填写
household-mistake-differs = 与同一户第 { $other } 行不一致
household-mistake-member-repeated = 同一户第 { $other } 行已用此成员序号
household-mistake-person-repeated = 同一户第 { $other } 行已有此人
household-mistake-applicant-repeated = 一户只有一名申请人；第 { $other } 行已是本人
household-mistake-of-two-households = 第 { $other } 行的另一户已用此编号
household-mistake-another-household = 登记库中此编号属于另一户
household-mistake-no-signing-date = 有授权书就须填写签署日期
household-mistake-no-letter = 填了授权日期，却没有授权书编号
household-mistake-signed-without-letter = 已签署，却没有授权书编号
household-mistake-before-signing = 早于签署日期
household-mistake-minor-without-guardian = 签署时未满 18 周岁：应填代签监护人的成员序号
household-mistake-own-guardian = 不能由本人为自己代签
household-mistake-guardian-not-a-member = 应为同一户成员的序号
household-mistake-guardian-minor = 此代签人签署时未满 18 周岁
household-mistake-in-another-household = 此人同时是 { $household } 户的成员
household-mistake-in-a-household-elsewhere = 此人同时是您辖区以外某户的成员
household-mistake-id-bad-check = 校验码与号码不符：请与证件核对
household-mistake-id-bad-date = 号码中的出生日期不存在：请与证件核对
household-mistake-id-wrong-length = 应为 18 位（老证 15 位）：请与证件核对
household-mistake-id-masked = 号码部分被遮盖，无法核对此人
household-mistake-id-old-sequence = 顺序码为 996 至 999 的老号码：生于十九世纪，或录入有误
household-mistake-id-old-card = 2023 年以前的外国人永久居留证：没有校验码
household-mistake-id-other = 不是公民身份号码，只能完全一致时才能匹配
