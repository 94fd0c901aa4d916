"""Database: a read-only query, streamed into Arrow as exact text."""

import datetime as dt
import json
import os
import re
import socket
import ssl
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from catalogue.problems import Retry, Skip, Stop
from connectors.errand import Errand
from connectors.grammar import Database, DatabaseDataset, DatabaseManifest
from connectors.landing import Sink
from connectors.limits import Limit
from connectors.transports.loopback import is_loopback
from connectors.values import Values

if TYPE_CHECKING:
    import sqlalchemy as sa

_BATCH = 16_384


def fetch(errand: Errand[DatabaseManifest, DatabaseDataset]) -> None:
    """Run the two queries in one read-only snapshot: `control.json`, `rows.arrow` (an Arrow stream of strings)."""
    import sqlalchemy as sa

    dataset, limit = errand.dataset, errand.limit
    engine = _engine(errand.manifest.transport, errand.values, limit)
    asked = {"business_date": errand.business_date}
    try:
        lines: list[Any] = []  # open ones: known from their first moment, so that a silent server can be left
        sa.event.listen(engine, "connect", lambda line, _: lines.append(line), insert=True)
        with limit.aborting(lambda: _cut(lines)), engine.connect() as connection:
            control = connection.execute(sa.text(dataset.control.query), asked).mappings().fetchmany(2)
            if not control:
                raise Skip("not-delivered", file=dataset.category)
            with errand.landing.file("control.json") as sink:
                sink.write(json.dumps({str(k): _text(v) for k, v in control[0].items()}).encode())
            rows = connection.execution_options(stream_results=True, max_row_buffer=_BATCH).execute(
                sa.text(dataset.query), asked
            )
            with errand.landing.file("rows.arrow") as sink:
                _write(rows, sink, limit)
    except sa.exc.DBAPIError as error:
        raise _problem(error, limit) from None
    except sa.exc.SQLAlchemyError:
        raise Skip("unexpected-answer", status="sql") from None
    finally:
        engine.dispose()


def _engine(where: Database, values: Values, limit: Limit) -> "sa.Engine":
    import sqlalchemy as sa

    try:
        url = sa.make_url(values.resolve(where.url)).set(
            username=values.resolve(where.username), password=values.resolve(where.password)
        )
        arguments: dict[str, Any] = {}
        options: dict[str, Any] = {}
        if url.get_backend_name() == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            arguments = {
                **_tls(url, where, values),
                "connect_timeout": max(int(limit.idle), 2),  # libpq counts in whole seconds, from 2
                "application_name": "hedui",
                "options": f"-c statement_timeout={int(limit.left * 1000)}",
                "tcp_user_timeout": int(limit.left * 1000),
                "keepalives_idle": 5,
            }
        elif not _is_near(url):
            raise Stop("database-unprotected")  # we know how to insist on TLS with PostgreSQL only
        return sa.create_engine(
            url,
            poolclass=sa.NullPool,
            hide_parameters=True,
            connect_args=arguments,
            execution_options=options,
        )
    except (sa.exc.ArgumentError, ImportError, ValueError):
        raise Stop("bad-value", what="url", expected="postgresql+psycopg://host:port/database") from None


def _tls(url: "sa.URL", where: Database, values: Values) -> dict[str, str]:
    """Return the arguments that have libpq verify the server's certificate and name; none where nothing is sent out.

    Raises Stop `database-unprotected` where the URL asks for less.
    """
    if _is_near(url):
        return {}
    if url.query.get("sslmode", "verify-full") != "verify-full":
        raise Stop("database-unprotected")
    authority = {} if "sslrootcert" in url.query else {"sslrootcert": "system"}
    if where.ca_file is not None:
        authority["sslrootcert"] = values.resolve(where.ca_file)
        try:
            ssl.create_default_context(cafile=authority["sslrootcert"])
        except (OSError, ValueError):
            raise Stop("bad-value", what="ca_file", expected="PEM") from None
    # Kerberos encryption would be preferred to TLS
    return {"sslmode": "verify-full", "gssencmode": "disable", **authority}


def _is_near(url: "sa.URL") -> bool:
    """Tell whether a URL names loopback addresses or sockets in a folder only.

    A URL without any host is not near: the environment or a service file may give it one.
    """
    named = [url.host or "", *(host for key in ("host", "hostaddr") for host in _listed(url.query.get(key, ())))]
    hosts = [host for host in named if host]
    return bool(hosts) and "service" not in url.query and all(_is_near_host(host) for host in hosts)


def _listed(value: str | tuple[str, ...]) -> list[str]:
    parts = (value,) if isinstance(value, str) else value
    return [host for part in parts for host in part.split(",")]


def _is_near_host(host: str) -> bool:
    return host.startswith("/") or is_loopback(re.sub(r"^([^:]*):\d*$", r"\1", host).strip("[]"))


def _write(rows: "sa.CursorResult[Any]", sink: Sink, limit: Limit) -> None:
    schema = pa.schema([pa.field(str(name), pa.string()) for name in rows.keys()])  # noqa: SIM118  not a dict
    with pa.ipc.new_stream(pa.PythonFile(_Writable(sink), "w"), schema) as stream:
        while batch := rows.fetchmany(_BATCH):
            limit.check()
            columns = [pa.array([_text(value) for value in column], pa.string()) for column in zip(*batch, strict=True)]
            stream.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _text(value: object) -> str | None:
    """Say a value in full: plain digits, ISO dates, true and false. Nothing passes through a float."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time(0) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


class _Writable:
    """A sink as pyarrow wants it. Closing is the landing's business."""

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        return self._sink.write(bytes(data))

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""


def _cut(lines: list[Any]) -> None:
    """Shut the socket under a call that waits for a silent server, so that it ends with an error."""
    for line in lines:
        with suppress(Exception):  # closed already
            number = line.pgconn.socket
            with socket.socket(fileno=os.dup(number)) as wire:
                wire.shutdown(socket.SHUT_RDWR)


def _problem(error: "sa.exc.DBAPIError", limit: Limit) -> Retry | Skip:
    """Group what the server said by its SQLSTATE. Its words are not repeated: they can quote rows."""
    import psycopg

    cause: Any = error.orig
    state: str = getattr(cause, "sqlstate", None) or ""
    if isinstance(cause, psycopg.errors.ConnectionTimeout) or state == "57014":
        return limit.timed_out()
    if state == "42703":
        return Skip("missing-column", column="query")
    if state[:2] == "28" or state == "42501" or _password_refused(cause):
        return Skip("access-refused")
    if state[:2] in {"53", "57", "58", "XX"}:
        return Retry("server-error", status=state)
    if state[:2] in {"", "08"}:
        return Retry("unreachable")
    return Skip("unexpected-answer", status=state)


def _password_refused(cause: Any) -> bool:
    """Tell a refused password from a server that is not there: libpq gives no SQLSTATE while connecting."""
    line = getattr(cause, "pgconn", None)
    return line is not None and line.status == 1 and bool(line.used_password)
