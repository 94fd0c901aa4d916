"""A table for people, in the terminal."""

from collections.abc import Sequence
from typing import Any

from catalogue.text import text


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]], headings: str) -> None:
    """Print rows under the headings `<headings>-<column>`; nothing where there are no rows."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        return
    table = Table()
    for column in columns:
        table.add_column(text(f"{headings}-{column}"), overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(markup=False, highlight=False).print(table)
