"""Codes on a command line, such as the purpose of a look: nothing personal fits into one."""

import re
from typing import Final

import click

from catalogue.text import text

_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def code(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Take a code; a usage error that does not repeat what was given instead."""
    if not _CODE.fullmatch(value):
        raise click.BadParameter(text("cli-not-a-code"), ctx, param)
    return value
