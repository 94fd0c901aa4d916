# 已有数据的系统上的密钥操作：更换、吊销、丢弃；销毁家庭报告。

cli-keys = 密钥：列出、更换、吊销；销毁某户报告的全部副本

problem-custody-busy = 另一进程正在处理本系统的密钥
problem-custody-busy-hint = 请等待其完成；或结束该进程后重新执行，会从中断处继续
problem-custody-lost = 处理密钥期间失去了独占锁：与登记库的连接已断开，或锁文件被删除
problem-custody-lost-hint = 此后未销毁任何内容。请重新执行，会从中断处继续
problem-key-runs-open = 以下批次尚未发布，仍可能把数据隔离封存到密钥 { $key } 的第 { $generation } 代之下：{ $runs }
problem-key-runs-open-hint = 请先发布这些批次，执行 hedui keys rewrap quarantine 后再次执行；若确要舍弃此类数据，请加 --anyway
problem-key-still-holds = 密钥 { $key } 的第 { $generation } 代之下仍有 { $count } 项内容
problem-key-still-holds-hint = 请先改封到现用代次：hedui keys rewrap；若确要舍弃，请加 --anyway
problem-shred-unknown = 没有登记该编号的家庭，未销毁任何内容
problem-shred-unknown-hint = 请给出 H000123 这样的家庭编号；可用 hedui report list 查看
problem-shred-not-confirmed = 两次输入的编号不一致，未销毁任何内容
problem-shred-not-confirmed-hint = 请重新执行，并按所给内容再次输入家庭编号
problem-shred-tables-left = 有 { $count } 个份额表既读不出，也无法修复，第一个在 { $first }；未销毁任何密钥
problem-shred-tables-left-hint = 请用备份恢复这些文件后重新执行；若确要舍弃其中的报告，请加 --anyway

keys-help =
    本系统的密钥，以及将其下内容改封到其他密钥。

    示例：hedui keys list
keys-list-help =
    按代次列出密钥、按期列出保险库：状态、使用天数、算法，以及各自之下尚存的内容。

    只有一代密钥的地区仅计数。登记库中按 index 登记的人员不计数：那需要打开每个号码。

    示例：hedui keys list --all
keys-list-all-help = 列出每个地区
keys-list-no-count-help = 不查看登记库和报告库
keys-rotate-help =
    更换密钥：新增一个代次，今后用它密封。旧代次之下的内容仍可打开。地区可只写代码。

    若多台机器持有密钥环副本，请分两步：先新增，把新的密钥环分发到各机器，再启用。

    更换 index 时，本命令会同时为所有人员重建索引。

    示例：hedui keys rotate region/3201
keys-step-help = 只执行这一步（add 新增，promote 启用）
keys-rewrap-help =
    将已有内容改封到现用代次：报告的批密钥、登记库的密封值、隔离文件。不打开任何报告，签名保持有效。

    不指定时处理除 index 以外的全部。可随时中断并重新执行。

    示例：hedui keys rewrap 3201 --dry-run
keys-dry-run-help = 只说明有多少要处理
keys-revoke-help =
    不再信任某个密钥，并将其下内容重新密封：报告的各层密钥全部换新。随后丢弃该密钥。

    不给 GENERATION 时，取已吊销而尚存的代次，否则取现用代次。可随时中断并重新执行。

    示例：hedui keys revoke region/3201 1 --reason stolen
keys-reason-help = 事由代码，如 stolen（被窃）；将被记录
keys-keep-help = 不丢弃
keys-drop-help =
    丢弃已停用或已吊销代次的私密部分。其下仍有内容时拒绝执行。

    示例：hedui keys drop region/3201 1
keys-anyway-help = 舍弃其下尚存的内容
keys-shred-help =
    销毁若干家庭的报告，包括备份在内的全部副本。无法恢复。

    去除这些家庭的份额后，将所有份额表改封给保险库的下一期密钥，并销毁以前各期的密钥。可随时中断并重新执行。不涉及隔离数据和登记库。

    示例：hedui keys shred H000123 --reason request
keys-yes-help = 不再要求重新输入编号
keys-shred-anyway-help = 即使有份额表读不出也销毁；其中的报告随之失去
keys-reconcile-help =
    在恢复报告库或登记库的备份之后：将其改封到保险库的当前期。已销毁的仍然不可恢复。

    示例：hedui keys reconcile
keys-worker-help =
    写出工作机用于密封的密钥文件：公钥和签名密钥。它打不开任何内容。

    示例：hedui keys worker worker.json

keys-rotated-added = { $key }：已新增第 { $generation } 代，尚不用于密封。
keys-rotated-active = { $key }：今后由第 { $generation } 代密封。
keys-rewrap-dry = 未作改动；将会处理：
keys-rewrapped = 已改封的批次文件：{ $done }；无需改封：{ $current }
keys-rewrap-compromised = 封给已吊销密钥、改封不足以补救的批次：{ $count }。请重新密封：hedui keys revoke
keys-rewrapped-registry = 登记库中重新密封的行：{ $count }
keys-rewrapped-quarantine = 重新密封的隔离文件：{ $count }
keys-rewrapped-index = 重建索引的人员：{ $count }
keys-revoked = { $key }：第 { $generation } 代已吊销；现用第 { $active } 代。
keys-renewed = 已重新密封：{ $count }
keys-dropped = { $key }：第 { $generation } 代的私密部分已从本密钥环中清除。密钥环的副本中仍有。
keys-open-runs = 尚未发布、可能仍封在旧密钥之下的批次：{ $runs }。发布后请带上代次号再次执行本命令。
keys-open-runs-quarantine = 仍有批次尚未发布，可能还在用旧密钥封存隔离数据，因此旧代次未丢弃：{ $runs }。发布后请执行 hedui keys rewrap quarantine，再执行 hedui keys drop quarantine { $generation }
keys-shred-warning = 将销毁 { $households } 个家庭的报告（已发布 { $reports } 份）的全部副本。无法恢复。
keys-shred-again = 请再次输入家庭编号
keys-shredded = 已销毁 { $households } 个家庭的 { $reports } 份报告。保险库现为第 { $epoch } 期。
keys-shredded-dead = 令牌已销毁以前各期的密钥：这些报告的所有副本均已失效。
keys-shredded-overwritten = 以前各期的密钥已在保险库文件中被覆写。若有人复制过该文件，仍可打开这些报告的旧副本；见 docs/keys.md。
keys-shredded-next = 请重新导出工作机密钥（hedui keys worker 文件），并重新备份报告库和登记库：旧备份中的份额表已失效。
keys-shredded-open-runs = 尚未发布、可能含有这些家庭报告的批次：{ $runs }
keys-reconciled = 份额表：{ $tables } 个，其中修复 { $restored } 个。保险库现为第 { $epoch } 期。
keys-worker-made = 已写出 { $path }，对应保险库第 { $epoch } 期。请带到工作机；其中有签名密钥。
keys-left = 读不出而保持原样的：{ $count }

keys-next-region-added = 请把密钥环分发到每台打开报告的机器，然后：hedui keys rotate { $key } --step promote
keys-next-region-active = 下一步：导出工作机密钥（hedui keys worker 文件），hedui keys rewrap { $code }，再用 hedui keys drop { $key } 丢弃旧代次。
keys-next-region-revoked = 下一步：备份密钥环，导出工作机密钥（hedui keys worker 文件），并尽可能销毁报告库的旧备份：被窃的密钥仍能打开它原先能打开的内容。
keys-next-registry-added = 请把密钥环分发到每台读取人员信息的机器，然后：hedui keys rotate { $key } --step promote
keys-next-registry-active = 下一步：hedui keys rewrap registry，再用 hedui keys drop { $key } 丢弃旧代次。
keys-next-registry-revoked = 下一步：备份密钥环。登记库的旧备份仍封在被窃的密钥之下。
keys-next-index-added = 请把密钥环分发到每台查找人员的机器，然后：hedui keys rotate { $key } --step promote
keys-next-index-active = 下一步：备份密钥环。请保留旧代次：审计记录中的化名由它生成。
keys-next-index-revoked = 下一步：备份密钥环。第 { $generation } 代予以保留，因为审计记录中的化名由它生成；没有它，hedui audit subject 就查不到。
keys-next-quarantine-added = 请把密钥环分发到每台查看隔离数据的机器，然后：hedui keys rotate { $key } --step promote
keys-next-quarantine-active = 下一步：导出工作机密钥（hedui keys worker 文件），hedui keys rewrap quarantine，再用 hedui keys drop { $key } 丢弃旧代次。
keys-next-quarantine-revoked = 下一步：备份密钥环，并导出工作机密钥：hedui keys worker 文件
keys-next-signing-added = 请把密钥环分发到每台读取报告的机器，然后：hedui keys rotate { $key } --step promote
keys-next-signing-active = 下一步：导出工作机密钥（hedui keys worker 文件）。旧代次的签名仍然有效。
keys-next-signing-revoked = 下一步：立即导出工作机密钥：hedui keys worker 文件
keys-next-audit-added = 下一步：hedui keys rotate { $key } --step promote
keys-next-audit-active = 下一步：分发新的公钥：hedui audit key
keys-next-audit-revoked = 下一步：分发新的公钥（hedui audit key），并用它对审计记录签名：hedui audit checkpoint

keys-column-key = 密钥
keys-column-generation = 代次
keys-column-state = 状态
keys-column-created = 生成日期
keys-column-days = 天数
keys-column-algorithm = 算法
keys-column-holds = 其下内容
keys-state-added = 新增
keys-state-active = 现用
keys-state-retired = 停用
keys-state-revoked = 吊销
keys-state-dropped = 已丢弃
keys-list-plain = 另有 { $count } 个地区只有第一代密钥（--all 可全部列出）
keys-epoch-there = 保险库第 { $epoch } 期：始于 { $created }（{ $days } 天）
keys-epoch-destroyed = 保险库第 { $epoch } 期：始于 { $created }，已于 { $destroyed } 销毁
problem-vault-older = 此 vault.json 为第 { $epoch } 期，而登记库已到第 { $known } 期
problem-vault-older-hint = 请放回最新的 vault.json；它不应在任何备份中，说明有人留有旧副本
