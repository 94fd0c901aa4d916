"""The command line. Every command is loaded only when it is called, so that `hedui --help` answers at once."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from catalogue.problems import Stop
from catalogue.text import LANGUAGES, language_asked_for, text
from hedui.cli.exits import FAILED, STOPPED, UNREAD
from hedui.cli.id_numbers import looks_like_one
from hedui.pipeline.guard import as_problem
from hedui.pipeline.interrupt import INTERRUPTED

# command → the module under which its click command of the same name lives
COMMANDS = {
    "nightly": "hedui.cli.nightly",
    "run": "hedui.cli.run",
    "household": "hedui.cli.household",
    "report": "hedui.cli.report",
    "keys": "hedui.cli.keys",
    "audit": "hedui.cli.audit",
    "access": "hedui.cli.access",
    "housekeeping": "hedui.cli.housekeeping",
    "match": "hedui.cli.match",
    "mock": "hedui.cli.mock",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and one line each, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse a language that there is not, in all that there are: whoever asked for it may read either."""
        if language_asked_for() not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise click.UsageError(" / ".join(text("cli-bad-language", one, known=known) for one in LANGUAGES), ctx)
        # Whatever would become of it, no message repeats it then; what names a file that is there is taken for that.
        if any(looks_like_one(one) and not os.path.lexists(one) for one in args):
            raise click.UsageError(text("cli-no-id-number"), ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a problem is told as an error line and a hint line, never as a traceback."""
        if "mock" not in ctx._protected_args:  # noqa: SLF001  the outside world's servers mind their own files
            os.umask(0o077)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            return ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # whoever read our output has gone; what was to be written elsewhere is written
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ctx.exit(UNREAD)
        except Exception as error:  # noqa: BLE001  libraries quote the data they choke on: only kind and place are told
            from hedui.pipeline.workspace import is_full

            problem = as_problem(error, str(ctx.invoked_subcommand))
            if problem.code == "internal-fault" and is_full(error):
                problem = Stop("no-room")
        click.echo(f"error: {problem.message()}", err=True)
        click.echo(f"hint: {problem.hint()}", err=True)
        return ctx.exit(FAILED if problem.code == "internal-fault" else STOPPED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section(text("cli-commands")):
            formatter.write_dl([(name, text(f"cli-{name}")) for name in COMMANDS])


@click.group(cls=LazyGroup, help=text("cli-hedui"), epilog=text("cli-hedui-epilog"))
@click.version_option(package_name="hedui")
def hedui() -> None:
    """Gather the commands."""


def main() -> None:
    """Run `hedui`."""
    hedui()
