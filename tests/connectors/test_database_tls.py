"""A database beyond this machine is asked only where its certificate and name are verified."""

import socket
import threading
from datetime import date

import pytest
import sqlalchemy as sa

from catalogue.problems import Problem
from connectors.extract import extract
from connectors.limits import Limit
from connectors.transports.database import _engine
from connectors.values import Values

DAY = date(2026, 1, 31)
PASSWORD = "planted-password-9917"
STRICT = {"sslmode": "verify-full", "gssencmode": "disable"}


class _Caught(Exception):
    pass


@pytest.fixture
def arguments(make, tmp_path):
    """Return what says with which TLS arguments a URL would be connected to; code of the problem if refused."""
    values = tmp_path / "values"
    values.mkdir()
    (values / "bank_x_password").write_text(PASSWORD, "utf-8")

    def arguments(url: str, *changes: tuple[str, str]) -> dict[str, str] | str:
        (values / "bank_x_url").write_text(url, "utf-8")
        manifest = make("database", *changes)
        try:
            engine = _engine(manifest.transport, Values(values), Limit(10.0))
        except Problem as problem:
            return problem.code
        found: dict[str, str] = {}

        def instead(_dialect, _record, _arguments, named) -> None:
            found.update({key: str(named[key]) for key in ("sslmode", "gssencmode", "sslrootcert") if key in named})
            raise _Caught

        sa.event.listen(engine, "do_connect", instead)
        with pytest.raises(_Caught):
            engine.connect()
        return found

    return arguments


def url(rest: str) -> str:
    return f"postgresql+psycopg://{rest}"


FAR = ["db.example/x", "10.1.2.3:5432/x", "[2001:db8::1]/x", "0.0.0.0/x", "/x", "/x?host=db.example",
       "/x?host=127.0.0.1&host=db.example", "/x?host=/run/postgresql,db.example", "127.0.0.1/x?hostaddr=10.1.2.3",
       "localhost.example/x", "127.0.0.1/x?service=far"]  # fmt: skip
NEAR = ["127.0.0.1:5432/x", "127.8.9.1/x", "localhost/x", "[::1]:5432/x", "/x?host=/run/postgresql",
        "/x?host=127.0.0.1:5432", "127.0.0.1/x?sslmode=disable"]  # fmt: skip


@pytest.mark.parametrize("rest", FAR)
def test_far_databases_are_verified(arguments, rest) -> None:
    assert arguments(url(rest)) == {**STRICT, "sslrootcert": "system"}


@pytest.mark.parametrize("rest", NEAR)
def test_databases_on_this_machine_are_not(arguments, rest) -> None:
    said = arguments(url(rest))
    assert not isinstance(said, str)
    assert said.get("sslmode", "disable") == "disable"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "nonsense"])
def test_a_weaker_mode_is_refused(arguments, mode) -> None:
    assert arguments(url(f"db.example/x?sslmode={mode}")) == "database-unprotected"
    assert arguments(url(f"db.example/x?sslmode=verify-full&sslmode={mode}")) == "database-unprotected"


def test_the_strict_mode_may_be_said(arguments) -> None:
    assert arguments(url("db.example/x?sslmode=verify-full")) == {**STRICT, "sslrootcert": "system"}


def test_a_private_authority_is_trusted_instead(arguments, tmp_path) -> None:
    import certifi

    own = tmp_path / "ca.pem"
    own.write_bytes(open(certifi.where(), "rb").read())  # noqa: PTH123, SIM115
    change = ('username = "hedui"', f'username = "hedui"\nca_file = "{own}"')
    assert arguments(url("db.example/x"), change) == {**STRICT, "sslrootcert": str(own)}
    own.write_text("no certificate", "utf-8")
    assert arguments(url("db.example/x"), change) == "bad-value"
    own.unlink()
    assert arguments(url("db.example/x"), change) == "bad-value"


def test_what_cannot_be_verified_is_refused(arguments) -> None:
    assert arguments("sqlite:////tmp/x.db") == "database-unprotected"


def test_a_server_without_tls_learns_nothing(make, tmp_path, ending) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    line.settimeout(5)
                    heard.append(line.recv(4096))
                    line.sendall(b"N")  # no TLS here
                    heard.append(line.recv(4096))

        threading.Thread(target=serve, daemon=True).start()
        (tmp_path / "bank_x_password").write_text(PASSWORD, "utf-8")
        # 0.0.0.0 leads to this machine without being a loopback address
        (tmp_path / "bank_x_url").write_text(url(f"0.0.0.0:{listening.getsockname()[1]}/x"), "utf-8")
        with pytest.raises(Problem) as caught:
            extract(make("database"), DAY, tmp_path / "into", Values(tmp_path), seconds=5.0)
    assert ending(caught.value, PASSWORD) == "Retry unreachable"
    assert heard[:2] == [b"\0\0\0\x08\x04\xd2\x16\x2f", b""]  # the request for TLS, and no word after it


def test_the_refusal_has_words(make, tmp_path, ending) -> None:
    (tmp_path / "bank_x_password").write_text(PASSWORD, "utf-8")
    (tmp_path / "bank_x_url").write_text(url("db.example/x?sslmode=require"), "utf-8")
    with pytest.raises(Problem) as caught:
        extract(make("database"), DAY, tmp_path / "into", Values(tmp_path), seconds=5.0)
    assert ending(caught.value, PASSWORD, "db.example") == "Stop database-unprotected"
