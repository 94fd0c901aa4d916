# The audit trail: who looked at whom, and proof that nobody changed the record of it.

cli-audit = the audit trail: sign, export, prove it; who looked at whom

problem-audit-not-plain = the field { $field } is not what the audit trail takes, so nothing is shown
problem-audit-not-plain-hint = it takes codes, references and names of login, and nothing that may be an ID number
problem-audit-not-a-reference = expected a reference such as H000123, not a number or a name
problem-audit-not-a-reference-hint = an ID number never goes on a command line; hedui report list shows references
problem-audit-broken = the audit trail does not hold at entry { $seq }
problem-audit-broken-hint = say what was done to it: hedui audit verify --checkpoints COPY
problem-audit-copy-differs = { $path } ends in a checkpoint that this registry does not know; nothing was signed
problem-audit-copy-differs-hint = compare them: hedui audit verify --checkpoints { $path }
problem-audit-no-file = the file { $path } cannot be read ({ $kind })
problem-audit-no-file-hint = check the path and its permissions
problem-audit-not-a-trail = { $path } is not an exported audit trail
problem-audit-not-a-trail-hint = export one: hedui audit export FILE
problem-audit-no-checkpoints = the file { $path } holds no checkpoint
problem-audit-no-checkpoints-hint = checkpoints are written by: hedui audit checkpoint --to FILE
problem-audit-file-unwritable = the file { $path } cannot be written ({ $kind })
problem-audit-file-unwritable-hint = check folder, disk space and permissions; an export needs a new name
problem-audit-no-key = there are checkpoints, but no key to check them by
problem-audit-no-key-hint = give the public key, which the installation prints: hedui audit key
problem-audit-not-a-key = this is not a public key
problem-audit-not-a-key-hint = expected the 64 hexadecimal digits that hedui audit key prints, or a file that holds them
problem-audit-rules-refused = { $path } cannot be used: { $where }
problem-audit-rules-refused-hint = docs/audit.md says what the file may hold

audit-help =
    The audit trail: who did what to whom, when and why.

    Example: hedui audit verify
audit-checkpoint-help =
    Sign the trail as it is now, after checking what came in since the last checkpoint.

    Copy checkpoints to where no administrator of the registry can change them: only such copies show what was done by someone who holds both database and key.

    Example: hedui audit checkpoint --to /mnt/elsewhere/checkpoints.jsonl
audit-to-help = add the checkpoint to this file as well
audit-checkpoint-made = Signed: { $entries } entries, tree head { $root }, key { $key }
audit-checkpoint-copied = Copied to { $path }
audit-checkpoint-copy-it = Keep a copy elsewhere: --to FILE
audit-export-help =
    Write the whole trail and its checkpoints to a new file, which verifies without the registry. It names no household; that it was made goes on record first.

    Example: hedui audit export trail.jsonl
audit-exported = Exported: { $entries } entries to { $path }
audit-verify-help =
    Prove that the trail is what was written, or name what was done to it: edited, deleted, inserted, reordered, cut, rewritten, forked.

    Exit codes: 0 whole and signed, 3 whole but nothing signed says so, 4 could not be verified, 5 something was done to it.

    Example: hedui audit verify --trail trail.jsonl --checkpoints copies.jsonl --key KEY.txt
audit-trail-help = an exported trail; default: the one in the registry
audit-checkpoints-help = a file of copied checkpoints; may be given several times
audit-key-option-help = public key of the signer, as hedui audit key prints it, or a file that holds it; default: of this installation's keyring; may be given several times
audit-subject-help =
    Say who looked at a household, when and why. REFERENCE is that of the household, a member or a case. This question goes on record first.

    Example: hedui audit subject H000123 --purpose complaint
audit-purpose-help = why it is asked, a code such as complaint; it goes on record
audit-odd-help =
    List the odd look-ups of a day: no open case, the actor's own surname or address, bulk, off-hours. They are questions to ask, not offences. This question goes on record first.

    Example: hedui audit odd --date 2026-06-30
audit-odd-date-help = day by the office's clock, YYYY-MM-DD; default: yesterday
audit-key-help =
    Print the public key by which checkpoints are checked: 64 hexadecimal digits, no secret.

    Example: hedui audit key

audit-read = Read: { $entries } entries, { $checkpoints } valid checkpoints
audit-one = entry { $first }
audit-several = entries { $first } to { $last }
audit-finding-edited = edited: { $which }
audit-finding-deleted = deleted: { $which }
audit-finding-inserted = inserted: { $which }, by place
audit-finding-reordered = reordered: { $which }
audit-finding-cut = tail cut: signed, and gone: { $which }
audit-finding-rewritten = rewritten: the trail is chained, but not what was signed; the first difference lies at { $which }
audit-finding-forked = forked: two different histories were signed; they part at { $which }
audit-finding-forged = a checkpoint that no given key has signed: { $which } of those read
audit-not-whole = The trail is not what was written. Keep it, its checkpoints and their copies as they are, and find out who could change them.
audit-unsigned = The chain holds, but no checkpoint says so: whoever can change the database can chain anew. Sign it: hedui audit checkpoint
audit-whole = The trail is whole. Signed up to entry { $signed }; entries after it: { $after }
audit-looked = Look-ups: { $count }
audit-odd-count = { $date }: { $count } odd look-ups among { $entries } entries
audit-unknown-own-surname = Not checked for the actor's own surname, which is not in the file of actors: { $users }
audit-unknown-own-address = Not checked for the actor's own address, which is not in the file of actors: { $users }
audit-odd-no-open-case = no open case
audit-odd-own-surname = own surname
audit-odd-own-address = own address
audit-odd-bulk = bulk: { $count } households
audit-odd-off-hours = off-hours
audit-column-seq = Entry
audit-column-at = Time (UTC)
audit-column-actor = Who
audit-column-action = Action
audit-column-purpose = Purpose
audit-column-case = Case
audit-column-sources = Sources
audit-column-outcome = Outcome
audit-column-household = Household
audit-column-why = Odd because
problem-audit-unreadable = the audit trail in the registry cannot be read ({ $kind })
problem-audit-unreadable-hint = keep everything as it is: a table was changed or is gone; verify the last export and the copied checkpoints
