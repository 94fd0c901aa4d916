"""Deliveries of the four departments with a database: one view per dataset, and a control table."""

import datetime as dt
from typing import Literal

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from mock_province.sources.files import content, joined
from mock_province.sources.layout import Column, ControlTable, Date, Exchange, Number, Table
from mock_province.sources.wire import Cells, Control, Delivery

Answer = Literal["rows", "nothing", "empty", "error"]

_VIEW = sql.SQL("CREATE VIEW {} AS SELECT * FROM {}")
_FAILING_VIEW = sql.SQL("CREATE VIEW {} AS SELECT * FROM {} WHERE storage_failure()")
# As a failing disk under a database looks to its client. The row comes from a function, so that the planner
# can't find out before the query runs.
_FAILING = sql.SQL(
    "CREATE OR REPLACE FUNCTION storage_failure() RETURNS boolean LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not read block: input/output error' USING ERRCODE = '58030'; END $$"
)


def write(
    connection: psycopg.Connection, exchange: Exchange, delivery: Delivery, reader: str, answer: Answer = "rows"
) -> None:
    """Load one dataset and let `reader` select from its view, in one transaction.

    `nothing`: neither rows nor control data yet; `empty`: control data without rows; `error`: every query fails.
    """
    form = delivery.dataset.format
    if not isinstance(form, Table):
        raise TypeError(f"{type(form).__name__} is not a format of databases")
    view, table = sql.Identifier(form.view), sql.Identifier(f"t_{form.view}")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(view))
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
        cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(table, _columns(exchange, delivery)))
        if answer in {"rows", "error"}:
            _copy(cursor, table, delivery)
        cursor.execute(_FAILING)
        select = _FAILING_VIEW if answer == "error" else _VIEW
        cursor.execute(select.format(view, table))
        cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(view, sql.Identifier(reader)))
        _state(cursor, exchange.control, delivery, None if answer == "nothing" else delivery.control())
        control = sql.Identifier(exchange.control.name)
        cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(control, sql.Identifier(reader)))


def _columns(exchange: Exchange, delivery: Delivery) -> sql.Composed:
    fixed = [
        sql.SQL("{} bigint NOT NULL").format(sql.Identifier(exchange.order)),
        sql.SQL("{} date NOT NULL").format(sql.Identifier(exchange.batch)),
    ]
    sent = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(_type(c))) for c in delivery.columns]
    return sql.SQL(", ").join([*fixed, *sent])


def _type(column: Column) -> Literal["date", "numeric", "text"]:
    if not column.typed:
        return "text"
    return "date" if isinstance(column.form, Date) else "numeric" if isinstance(column.form, Number) else "text"


def _copy(cursor: psycopg.Cursor, table: sql.Identifier, delivery: Delivery) -> None:
    row = 0
    day = delivery.business_date.isoformat()
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for cells in delivery.batches():
            numbers = pa.array(np.arange(row + 1, row + cells.num_rows + 1)).cast(pa.string())
            row += cells.num_rows
            parts: list[Cells | str] = [numbers, f"\t{day}"]
            for column in cells.columns:
                parts += ["\t", _escaped(column)]
            copy.write(content(joined([*parts, "\n"])))


def _escaped(column: Cells) -> Cells:
    for plain, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        column = pc.replace_substring(column, plain, escape)
    return pc.fill_null(column, "\\N")


def _state(cursor: psycopg.Cursor, control: ControlTable, delivery: Delivery, stated: Control | None) -> None:
    """Write the control row. It is filed under the date asked for, and says of which date the data are."""
    name = sql.Identifier(control.name)
    columns = [sql.Identifier(c) for c in (control.dataset, control.batch, control.data, control.count, control.sum)]
    cursor.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} ({} text NOT NULL, {} date NOT NULL, {} date NOT NULL, "
            "{} bigint NOT NULL, {} numeric(20, 2))"
        ).format(name, *columns)
    )
    cursor.execute(sql.SQL("DELETE FROM {} WHERE {} = %s").format(name, columns[0]), (delivery.dataset.category,))
    if stated is None:
        return
    row: tuple[str, dt.date, dt.date, int, str | None] = (
        delivery.dataset.category,
        delivery.business_date,
        stated.date,
        stated.count,
        stated.sum or None,
    )
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES (%s, %s, %s, %s, %s)").format(name, sql.SQL(", ").join(columns)), row
    )
