"""SFTP: files fetched from a server whose host key the manifest pins."""

import asyncio
import stat
from typing import TYPE_CHECKING, cast

from catalogue.problems import Problem, Retry, Skip, Stop
from connectors.errand import Errand
from connectors.grammar import Companion, FileDataset, SftpManifest

if TYPE_CHECKING:
    import asyncssh

_BLOCK = 4 << 20  # asyncssh asks for its parts side by side


SftpErrand = Errand[SftpManifest, FileDataset]


def fetch(errand: SftpErrand) -> None:
    """Fetch the delivery, and its control file if it has one."""
    wanted = {"delivery": errand.at(errand.dataset.path)}
    if isinstance(errand.dataset.control, Companion):
        wanted["control"] = errand.at(errand.dataset.control.path)
    asyncio.run(_within(errand, wanted))


async def _within(errand: SftpErrand, wanted: dict[str, str]) -> None:
    try:
        async with asyncio.timeout(errand.limit.left):
            await _fetch(errand, wanted)
    except TimeoutError:
        raise errand.limit.timed_out() from None


async def _fetch(errand: SftpErrand, wanted: dict[str, str]) -> None:
    import asyncssh  # a quarter of a second: only where it is needed

    where, limit = errand.manifest.transport, errand.limit
    try:
        connection = await asyncssh.connect(
            errand.value(where.host),
            port=_port(errand.value(str(where.port))),
            username=errand.value(where.username),
            password=errand.value(where.password),
            known_hosts=([_host_key(errand.value(where.host_key))], [], []),
            # nothing of whoever runs this: no key, agent, configuration or known hosts of theirs
            client_keys=None,
            agent_path=None,
            config=None,
            preferred_auth="password,keyboard-interactive",
            connect_timeout=limit.idle,
            login_timeout=limit.idle,
            keepalive_interval=limit.idle,
        )
        try:
            client = await connection.start_sftp_client()
            for name, path in wanted.items():
                await _copy(client, path, name, errand)
        finally:
            connection.abort()  # a polite goodbye would wait for a peer that may have gone silent
    except Problem:
        raise
    except asyncssh.HostKeyNotVerifiable:
        raise Skip("host-key-changed") from None
    except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied):
        raise Skip("access-refused") from None
    except TimeoutError:
        raise limit.timed_out() from None
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        raise Retry("unreachable") from None
    except asyncssh.SFTPError as error:
        raise Retry("server-error", status=f"SFTP {error.code}") from None
    except (OSError, asyncssh.Error):
        raise Retry("unreachable") from None


async def _copy(client: "asyncssh.SFTPClient", path: str, name: str, errand: SftpErrand) -> None:
    import asyncssh

    try:
        before = await client.lstat(path)
        if before.permissions is not None and not stat.S_ISREG(before.permissions):
            raise Retry("not-a-file", file=path)
        source = await client.open(path, "rb", encoding=None)  # closed with the connection
        with errand.landing.file(name) as sink:
            while block := await asyncio.wait_for(source.read(_BLOCK), errand.limit.idle):
                sink.write(cast("bytes", block))  # the file was opened as bytes
        after = await source.stat()
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise Skip("not-delivered", file=path) from None
    if (after.size, after.mtime) != (sink.bytes, before.mtime):
        raise Retry("still-being-written", file=path)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:  # noqa: PLR2004  the range of ports
        raise Stop("bad-value", what="port", expected="1-65535")
    return int(text)


def _host_key(line: str) -> "asyncssh.SSHKey":
    import asyncssh

    try:
        return asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError):
        raise Stop("bad-value", what="host_key", expected="ssh-ed25519 AAAA…") from None
