"""Exit codes of every command (`docs/exit-codes.md`); that of Ctrl-C is in `hedui.pipeline.interrupt`."""

COMPLETE = 0
FAILED = 1  # a fault of ours: please report it
USAGE = 2  # the command line was wrong (click's own code)
DEGRADED = 3  # the run was published, and at least one source is missing; a trail holds, but nothing signed says so
STOPPED = 4  # a person has to mend something first; the message says what
TAMPERED = 5  # `hedui audit verify`: the trail is not what was written
UNREAD = 141  # 128 + SIGPIPE: whoever read our output has gone
