cli-hedui = Verify the economic status of households that ask for social assistance.
cli-hedui-epilog = Example: hedui nightly --date 2026-06-30. Exit codes: 0 done, 1 fault, 2 wrong usage, 3 run degraded, 4 stopped until a person mends something.
cli-commands = Commands
cli-nightly = run the night: every household verified by morning
cli-run = look at a run: sources, quarantine, matches, times
cli-household = import households, members, declarations and authorisations
cli-report = list and read sealed reports
cli-mock = the mock province: 55 sources over real protocols

cli-nightly-help =
    Verify all households for one business date: select, extract, land, validate, match, assess, report, publish.

    Run it again at any time: what is done is not done twice, and a killed run goes on where it stopped.

    Example: hedui nightly --date 2026-06-30
cli-date-help = business date, YYYY-MM-DD; default: yesterday in Shanghai
cli-json-help = print one JSON object for programs
cli-run-help =
    Look at the runs.

    Example: hedui run show --date 2026-06-30
cli-run-show-help =
    Print the summary of the newest run, or of one business date.

    Example: hedui run show --date 2026-06-30 --json
cli-run-wrote-page = Page: { $path }
cli-score-help =
    Compare the published matches of a run with the mock province's truth.

    Example: hedui mock score --date 2026-06-30

problem-no-run = no run for { $date } is on record
problem-no-run-hint = start one: hedui nightly
problem-run-busy = another process is working on the run of { $date }
problem-run-busy-hint = wait until it ends, or stop it, and call again
problem-no-households = no household with an open case is registered
problem-no-households-hint = import some: hedui household import FILE
problem-no-province = there is no mock province in { $folder }
problem-no-province-hint = build and start one: hedui mock up
cli-bad-language = HEDUI_LANGUAGE names a language that there is not; known: { $known }
cli-bad-date = expected a date written YYYY-MM-DD
cli-airflow-help = run the DAG in a real Airflow in one process, instead of the stages by themselves
cli-run-page-help =
    Write the self-contained page of a run and print its path.

    Example: hedui run page
problem-no-run-at-all = no run is on record yet
problem-no-run-at-all-hint = start one: hedui nightly
problem-bad-settings = these settings cannot be used: { $names }
problem-bad-settings-hint = docs/settings.md says what each may be; an empty variable means the default
problem-no-room = there is no room for what is to be written: a disk is full, or a quota or limit of file sizes is reached
problem-no-room-hint = free space where HEDUI_HOME lies and where the output goes, then run again
problem-home-unusable = the folder { $folder } cannot be made or used ({ $kind })
problem-home-unusable-hint = set HEDUI_HOME to a folder that this user may write
cli-run-date-help = business date, YYYY-MM-DD; default: the run that was opened last
cli-select-help = only choose the households, where the keyring is; a worker does the rest
cli-select-alone = --select goes without --airflow
cli-select-next = on the worker now: HEDUI_WORKER_KEYS=worker.json hedui nightly --date { $date }
cli-no-id-number = one of the words looks like an ID number. Command lines stay in histories and in the list of processes, so no personal data may stand there; households are named by their references
cli-not-a-code = a code of small letters, digits, _ and -, such as complaint
