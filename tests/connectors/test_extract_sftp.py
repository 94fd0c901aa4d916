"""SFTP against a real server: the pinned key, and a peer that stops at every point it can."""

import asyncio
import os
import socket
import stat
import threading
from contextlib import contextmanager
from datetime import date

import asyncssh
import pytest

from catalogue.problems import Problem
from connectors.extract import extract
from connectors.values import Values

DAY = date(2026, 1, 31)
PASSWORD = "planted-password-7731"
PATH = "DEP_20260131.txt"


class _Server(asyncssh.SSHServer):
    def __init__(self, slow: asyncio.Event | None) -> None:
        self._slow = slow

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if self._slow:
            await self._slow.wait()
        return username == "hedui" and password == PASSWORD


@contextmanager
def server(root, key, *, sftp=asyncssh.SFTPServer, hang_at_login: bool = False):
    """Run an SFTP server in a thread; yield its port."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ports: list[int] = []
    stop: list[asyncio.Event] = []

    async def run() -> None:
        stop.append(asyncio.Event())
        slow = stop[0] if hang_at_login else None
        listening = await asyncssh.create_server(
            lambda: _Server(slow), "127.0.0.1", 0, server_host_keys=[key],
            sftp_factory=lambda channel: sftp(channel, chroot=os.fsencode(root)),
        )  # fmt: skip
        ports.append(listening.sockets[0].getsockname()[1])
        ready.set()
        await stop[0].wait()
        listening.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    ready.wait(20)
    yield ports[0]
    loop.call_soon_threadsafe(stop[0].set)
    thread.join(20)


@pytest.fixture(scope="module")
def key():
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def fetch(make, tmp_path, key, ending):
    """Return what fetches from a port and says how it ended."""
    values = tmp_path / "values"
    values.mkdir()
    (tmp_path / "root").mkdir()
    for name, value in {
        "host": "127.0.0.1", "password": PASSWORD, "host_key": key.export_public_key().decode(),
    }.items():  # fmt: skip
        (values / f"bank_x_{name}").write_text(value, "utf-8")

    def fetch(port: int, seconds: float = 10.0) -> str:
        (values / "bank_x_port").write_text(str(port), "utf-8")
        try:
            extract(make("delimited"), DAY, tmp_path / "into", Values(values), seconds=seconds)
        except Problem as problem:
            return ending(problem, PASSWORD, "张三")
        return "fetched"

    fetch.root, fetch.into, fetch.values = tmp_path / "root", tmp_path / "into", values
    return fetch


def test_the_delivery_comes_over(fetch, key) -> None:
    content = os.urandom(9 << 20)
    (fetch.root / PATH).write_bytes(content)
    with server(fetch.root, key) as port:
        assert fetch(port) == "fetched"
    assert (fetch.into / "deposit" / "delivery").read_bytes() == content


def test_what_the_server_says_is_told_apart(fetch, key) -> None:
    with server(fetch.root, key) as port:
        assert fetch(port) == "Skip not-delivered"
        (fetch.root / PATH).mkdir()
        assert fetch(port, 8.0) == "Retry not-a-file"
        (fetch.values / "bank_x_password").write_text("wrong", "utf-8")
        assert fetch(port) == "Skip access-refused"
    assert fetch(port, 8.0) == "Retry unreachable"  # it is down now


def test_another_host_key_ends_it_before_the_password_is_sent(fetch, key) -> None:
    with server(fetch.root, asyncssh.generate_private_key("ssh-ed25519")) as port:
        assert fetch(port) == "Skip host-key-changed"


def test_a_host_key_that_is_none_stops(fetch) -> None:
    (fetch.values / "bank_x_host_key").write_text("ssh-ed25519 xyz", "utf-8")
    assert fetch(1) == "Stop bad-value"


class _Failing(asyncssh.SFTPServer):
    def lstat(self, path):
        raise asyncssh.SFTPFailure("disk of 张三")


class _Refusing(asyncssh.SFTPServer):
    def open(self, path, pflags, attrs):
        raise asyncssh.SFTPPermissionDenied("no")


class _Stalling(asyncssh.SFTPServer):
    async def read(self, file_obj, offset, size):
        if offset:
            await asyncio.sleep(3600)
        file_obj.seek(offset)
        return file_obj.read(size)


class _Statless(asyncssh.SFTPServer):
    async def lstat(self, path):
        await asyncio.sleep(3600)


@pytest.mark.parametrize(
    ("sftp", "seconds", "code"),
    [
        (_Failing, 8.0, "Retry server-error"),
        (_Refusing, 8.0, "Skip access-refused"),
        (_Stalling, 1.0, "Retry timed-out"),
        (_Statless, 1.0, "Retry timed-out"),
    ],
)
def test_a_server_that_fails_or_stops_in_the_middle(fetch, key, sftp, seconds, code) -> None:
    (fetch.root / PATH).write_bytes(b"x" * (2 << 20))
    with server(fetch.root, key, sftp=sftp) as port:
        assert fetch(port, seconds) == code
    assert not (fetch.into / "receipt.json").exists()
    assert not (fetch.into / "deposit" / "delivery").exists()


def test_a_server_that_stops_at_login(fetch, key) -> None:
    with server(fetch.root, key, hang_at_login=True) as port:
        assert fetch(port, 1.0) == "Retry timed-out"


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-x\r\n", b"\0" * 40_000], ids=["silent", "greets", "noise"])
def test_a_peer_that_accepts_and_never_answers(fetch, greeting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                    held.append(line)
                    line.sendall(greeting)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        assert fetch(listening.getsockname()[1], 1.0) in {"Retry timed-out", "Retry unreachable"}
        for line in held:
            line.close()
    assert stat.S_ISDIR(fetch.into.stat().st_mode)
