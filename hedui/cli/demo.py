"""What every command behind the gate says of an installation in which nobody was given a role yet."""

import click

from catalogue.text import text


def say_if_demo() -> None:
    """Say on stderr that whoever runs this holds every role, where that is so: once, when the work is done."""
    from hedui.registry import database, grants
    from hedui.settings import Settings

    with database.session(database.connect(Settings()), readonly=True) as session:
        demo = not grants.any_on_file(session)
    if demo:
        click.echo(text("access-demo"), err=True)
