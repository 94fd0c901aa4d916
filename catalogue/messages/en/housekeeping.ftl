# Housekeeping: what has expired goes, the trail is signed, and what needs a person is said.

cli-housekeeping = delete what has expired, sign the audit trail, say what needs a person

housekeeping-help =
    Delete what has expired by the dated policy of retention and what killed processes left, list yesterday's odd look-ups, name keys that are due, and sign the audit trail. A step that fails keeps no other from being done.

    Exit codes: 0 all well, 3 something needs a person (keys, a step that failed), 4 no step could be done.

    Example: hedui housekeeping --dry-run
housekeeping-date-help = the day whose policy counts, YYYY-MM-DD; default: today in Shanghai; one to come only with --dry-run
housekeeping-dry-run-help = say what would go, and change nothing

problem-retention-refused = { $path } has { $count } mistakes; nothing is deleted by it:
problem-retention-refused-hint = mend each of them; docs/retention.md says how they are written
retention-mistake-unreadable = the file cannot be read
retention-mistake-toml = is not a TOML file
retention-mistake-missing = is missing
retention-mistake-extra_forbidden = is not a key of this file
retention-mistake-entries = expected a list of one or more dated entries
retention-mistake-twice = two entries begin on the same day
retention-mistake-from = expected a date without quotes, such as 2026-01-01
retention-mistake-days = expected a whole number of days, 1 to 36525
retention-mistake-warn = expected a whole number of days, 0 to 36525
retention-mistake-basis = expected the document that sets the period, or "illustrative"

problem-housekeeping-ahead = { $date } is still to come: nothing is deleted ahead of its time
problem-housekeeping-ahead-hint = leave --date out; with --dry-run you see what would go on that day
problem-housekeeping-store = the report store cannot be used ({ $kind })
problem-housekeeping-store-hint = check HEDUI_STORE_URL, the store's permissions and the network; then run hedui housekeeping again

housekeeping-newest-kept = The reports of run { $run } have expired and stay: it is the newest run, which readers get by default.
housekeeping-busy = Keys are being worked on: the reports of { $count } expired runs go the next day.
housekeeping-odd-list = Odd look-ups: { $count }, listed in { $path }
housekeeping-copy-it = Checkpoints are only kept in { $path }: set HEDUI_AUDIT_CHECKPOINTS to a file where no administrator of the registry can change it.
housekeeping-key-due = { $count } keys are as old as the policy lets them become: { $keys }
housekeeping-key-soon = { $count } keys are due in { $days } days: { $keys }
housekeeping-key-added = { $count } generations were added and not promoted: { $keys }
housekeeping-key-revoked = { $count } generations are revoked, and their secrets are still there: { $keys }
housekeeping-key-epoch = { $count } epochs of the vault have passed, and their keys are still there: { $keys }
housekeeping-key-worker = The worker's file does not hold the keys of today's keyring and vault: export it anew.

housekeeping-dry-run = Nothing was changed. This would go:
housekeeping-retention = Expired
housekeeping-orphans = Left over
housekeeping-odd = Look-ups yesterday
housekeeping-keys = Keys
housekeeping-checkpoint = Checkpoint
housekeeping-failed = failed
housekeeping-none = nothing
housekeeping-count-runs = runs
housekeeping-count-reports = reports
housekeeping-count-newest_kept = kept although expired
housekeeping-count-household_changes = former states
housekeeping-count-oversight_lists = lists of odd look-ups
housekeeping-count-working_areas = working areas
housekeeping-count-quarantine_files = files of quarantine
housekeeping-count-report_files = files of reports
housekeeping-count-entries = entries
housekeeping-count-no-open-case = no open case
housekeeping-count-own-surname = own surname
housekeeping-count-own-address = own address
housekeeping-count-bulk = bulk
housekeeping-count-off-hours = off hours
housekeeping-count-due = due
housekeeping-count-soon = due soon
housekeeping-count-added = not promoted
housekeeping-count-revoked = revoked, not dropped
housekeeping-count-epoch = epochs not destroyed
housekeeping-count-worker = worker's file old

housekeeping-need = Needs a person: { $what }
housekeeping-need-step = { $step } failed
housekeeping-need-due = { $count } keys to replace (docs/keys.md)
housekeeping-need-soon = { $count } keys to replace soon (docs/keys.md)
housekeeping-need-added = { $count } added keys to promote
housekeeping-need-revoked = { $count } revoked keys to drop once everything is sealed anew
housekeeping-need-epoch = { $count } passed epochs of the vault to destroy
housekeeping-need-worker = the worker's file to export anew
