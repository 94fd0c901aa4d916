"""The twenty banks that are reached by SFTP: one listener each, its own host key, reading only."""

from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any

import asyncssh

from mock_province.servers.front import LOOPBACK

USER = "hedui"


@dataclass(slots=True)
class Vault:
    """One SFTP source as it is right now."""

    root: Path
    password: str
    host_key: str  # private, OpenSSH
    failing: bool = False  # every file operation fails
    locked: bool = False  # accepts no credentials


class _Door(asyncssh.SSHServer):
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        right = compare_digest(password.encode(), self._vault.password.encode())
        return right and username == USER and not self._vault.locked


class _Shelf(asyncssh.SFTPServer):
    """The folder of one source as its root. Nothing in it can be changed from outside."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], vault: Vault) -> None:
        super().__init__(channel, chroot=str(vault.root).encode())
        self._vault = vault

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        self._check()
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("read only")
        return super().open(path, pflags, attrs)

    def open56(self, *_arguments: Any) -> Any:
        raise asyncssh.SFTPOpUnsupported("protocol version 3 only")

    def stat(self, path: bytes) -> Any:
        self._check()
        return super().stat(path)

    def lstat(self, path: bytes) -> Any:
        self._check()
        return super().lstat(path)

    def scandir(self, path: bytes) -> Any:
        self._check()
        return super().scandir(path)

    def _check(self) -> None:
        if self._vault.failing:
            raise asyncssh.SFTPFailure("storage failure")


def _deny(_self: _Shelf, *_arguments: Any) -> Any:
    raise asyncssh.SFTPPermissionDenied("read only")


for _changing in (
    *("setstat", "fsetstat", "lsetstat", "remove", "mkdir", "rmdir"),
    *("rename", "posix_rename", "symlink", "link"),
):
    setattr(_Shelf, _changing, _deny)


async def listen(vault: Vault) -> asyncssh.SSHAcceptor:
    """Open one SFTP server on a loopback port that the system chooses."""
    return await asyncssh.listen(
        LOOPBACK,
        0,
        server_factory=lambda: _Door(vault),
        server_host_keys=[asyncssh.import_private_key(vault.host_key)],
        sftp_factory=lambda channel: _Shelf(channel, vault),
        sftp_version=3,
        login_timeout=30,
        compression_algs=None,
        x11_forwarding=False,
        agent_forwarding=False,
    )
