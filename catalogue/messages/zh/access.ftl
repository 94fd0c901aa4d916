# 访问：谁可以做什么、应急授权查阅，以及报告中未予提供的内容。

problem-not-permitted = { $actor } 没有可执行此操作的角色：{ $action }
problem-not-permitted-hint = 本次拒绝已记入审计；角色由管理员授予：hedui access grant
problem-not-by-oneself = 此操作不得由本人为自己办理：{ $action }
problem-not-by-oneself-hint = 请由另一位有权限的人员办理；本次拒绝已记入审计
problem-access-unknown-role = 没有这个角色
problem-access-unknown-role-hint = 角色有：{ $roles }
problem-access-unknown-region = 没有这个区域
problem-access-unknown-region-hint = 请填 32、catalogue/regions.toml 中的设区市或县级代码，或 320102/乡镇街道（与登记写法一致，且已有家庭登记）
problem-access-bad-actor = 账号名称不合格式
problem-access-bad-actor-hint = 请使用操作系统中的账号名，不超过 128 个字符，不含空格
problem-access-first-administrator = 首次授予的角色必须是全省管理员
problem-access-first-administrator-hint = hedui access grant 账号 administrator
problem-access-held-already = 该账号已持有区域 { $region } 的角色 { $role }
problem-access-held-already-hint = 查看授权情况：hedui access list
problem-access-no-such-grant = 没有编号为 { $number } 的有效授权
problem-access-no-such-grant-hint = 查看授权情况：hedui access list
problem-access-last-administrator = 这是最后一位全省管理员
problem-access-last-administrator-hint = 请先授予另一位管理员，否则将无人可以授予角色
problem-break-glass-reason = 这不是应急查阅的事由代码
problem-break-glass-reason-hint = 事由有：{ $reasons }
problem-break-glass-reference = 家庭和委托须用编号指明，不得填写身份证件号码或姓名
problem-break-glass-reference-hint = 例如：hedui access break-glass request H000123 --reason moved --case C2026-000123
problem-break-glass-unknown = 没有这个家庭，或该家庭没有这件委托
problem-break-glass-unknown-hint = 请与提出请求的单位核对两个编号；本次拒绝已记入审计
problem-break-glass-not-needed = 该家庭在您的管辖区域内，可直接查阅其报告
problem-break-glass-not-needed-hint = hedui report show
problem-break-glass-hours = 应急查阅时限为 1 至 { $most } 小时
problem-break-glass-hours-hint = 请缩短时限；到期后可再次申请
problem-break-glass-no-such-request = 没有编号为 { $number } 且您可审批或结束的申请
problem-break-glass-no-such-request-hint = 查看申请：hedui access break-glass list
problem-break-glass-not-pending = 申请 { $number } 此前已审批、逾期失效、已到期或已结束
problem-break-glass-not-pending-hint = 查看状态：hedui access break-glass list
problem-release-policy-refused = { $file } 有 { $count } 处错误，不予提供任何内容：{ $mistakes }
problem-release-policy-refused-hint = 请逐处改正；该文件的写法见 docs/access.md
problem-registry-no-reader = PostgreSQL 无法对读者隔离数据行：{ $owner } 不能创建或使用角色 { $role }（{ $kind }）
problem-registry-no-reader-hint = 请数据库服务器管理员执行一次：CREATE ROLE { $role } NOLOGIN; GRANT { $role } TO { $owner }; 然后重试
access-release-unreadable = 不是可读取的 TOML 文件（{ $kind }）
access-release-twice = 有两个版本同日生效：{ $date }
access-release-document = 已确认的版本须写明依据文件
access-release-unknown = { $name } 不在目录中

cli-access = 角色与权限：谁可以在何处做什么；应急查阅
access-help =
    授予和结束角色，申请查阅辖区外某一家庭的报告。

    示例：hedui access whoami
access-whoami-help =
    显示您的账号、所持角色及其区域，以及当前应急查阅对您开放的家庭。

    示例：hedui access whoami
access-list-help =
    列出谁持有哪些角色、管辖哪些区域。限管理员和审计员。

    示例：hedui access list --all
access-all-help = 同时列出已结束的授权：何人何时持有何角色
access-grant-help =
    授予账号某一区域的角色。首次授予的必须是管理员；任何人不得为自己授予角色。

    示例：hedui access grant li.na caseworker --region 320102
access-region-help = 32、设区市、县级代码，或县级代码加乡镇街道：320102/…
access-end-help =
    按编号结束一项授权，记录保留。

    示例：hedui access end 12
access-break-glass-help =
    经第二人同意，在数小时内查阅辖区外某一家庭的报告。

    示例：hedui access break-glass request H000123 --reason moved --case C2026-000123
access-request-help =
    申请查阅某一家庭的报告，须由该家庭所在区域的复核员审批。

    示例：hedui access break-glass request H000123 --reason moved --case C2026-000123
access-reason-help = 事由代码：moved、joint_handling、emergency、complaint、supervision
access-case-help = 为哪一委托所需
access-approve-help =
    审批他人的申请，自现在起若干小时内有效。

    示例：hedui access break-glass approve 3 --hours 2
access-hours-help = 时限（小时），最长 24
access-requests-help =
    列出您本人的申请，以及您可以审批的申请。

    示例：hedui access break-glass list
access-withdraw-help =
    提前结束一项申请，无论是否已审批。

    示例：hedui access break-glass end 3
access-demo = 注意：尚未授予任何人角色，运行者持有全部角色（演示状态）；请先执行：hedui access grant 账号 administrator
access-you-are = 您是 { $actor }。
access-no-role = 您没有任何角色。
access-opened = 应急查阅当前对您开放：{ $households }
access-granted = 授权 { $number }：{ $actor } 持有区域 { $region } 的角色 { $role }。
access-ended = 授权 { $number } 已结束，记录保留。
access-requested = 申请 { $number } 已登记，须由该家庭所在区域的复核员审批。
access-approved = 申请 { $number } 已批准，有效期至 { $until }。
access-withdrawn = 申请 { $number } 已结束。
access-count = 授权 { $count } 项
access-requests-count = 申请 { $count } 项
access-column-number = 编号
access-column-actor = 账号
access-column-role = 角色
access-column-region = 区域
access-column-granted = 授予
access-column-ended = 结束
access-column-household = 家庭
access-column-reason = 事由
access-column-case = 委托
access-column-state = 状态
access-column-requested = 申请时间
access-column-approved = 审批人
access-column-expires = 有效期至
access-role-caseworker = 经办员
access-role-reviewer = 复核员
access-role-data_engineer = 数据工程师
access-role-auditor = 审计员
access-role-administrator = 管理员
access-reason-moved = 家庭迁移
access-reason-joint_handling = 多地联办
access-reason-emergency = 紧急情况
access-reason-complaint = 信访投诉
access-reason-supervision = 督查
access-state-requested = 待审批
access-state-lapsed = 逾期未批，已失效
access-state-open = 开放中
access-state-expired = 已到期
access-state-ended = 已结束

report-withheld = 未予提供
report-withheld-title = 部分内容未予提供
report-findings-withheld = 没有可提供的核对发现。
withheld-consent = { $member }：核对授权书已不在有效期内，来自数据源的全部内容均不提供
withheld-policy = { $category }：{ $items }；不属于本次核对用途可提供的范围
withheld-everything = 全部内容
withheld-rests_on = 以下数据以未提供的内容为依据，一并不予提供：{ $figures }
