"""All sources as one running site, and the faults put to them."""

import asyncio
import contextlib
import datetime as dt
import secrets as randoms
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Protocol

from mock_province.faults import CONTENT, NONE
from mock_province.places import Places, read_json, write_json, write_private
from mock_province.servers.front import LOOPBACK, Front, bound
from mock_province.servers.postgres import Cluster
from mock_province.servers.web import Desk
from mock_province.sources.deliver import disturb_files, load_tables, restore_files
from mock_province.sources.known import databases, sources
from mock_province.sources.layout import Source


class _Guarded(Protocol):
    """What HTTP desks and SFTP vaults have in common."""

    failing: bool
    locked: bool


def reader_of(source: Source) -> str:
    """Return the read-only role that Hedui connects with."""
    return f"hedui_{source.id}"


@dataclass(slots=True)
class Site:
    """The servers of one mock province. `start` opens every port; `set_fault` changes one source."""

    places: Places
    business_date: dt.date
    secrets: dict[str, Any]
    cluster: Cluster
    fronts: dict[str, Front] = field(default_factory=dict)
    guarded: dict[str, _Guarded] = field(default_factory=dict)
    applications: dict[int, Any] = field(default_factory=dict)  # ASGI, by the port behind the front
    faults: dict[str, str] = field(default_factory=dict)
    _listeners: list[Any] = field(default_factory=list)
    _turn: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def start(self, control: Any) -> None:
        """Heal what an earlier process left disturbed, then open every source and the control endpoint."""
        for name in read_json(self.places.faults):
            await self._calm(sources()[name], healthy=False)
        write_json(self.places.faults, {})
        remembered = read_json(self.places.ports)
        sockets: list[socket.socket] = []
        for source in sources().values():
            target = await self._behind(source, sockets)
            if target is not None:
                front = Front(target, int(remembered.get(source.id, 0)))
                self.fronts[source.id] = front
                await front.switch("open")
        own = bound(int(remembered.get("control", 0)))
        self.applications[own.getsockname()[1]] = control
        sockets.append(own)
        self._publish(own.getsockname()[1])
        await self._serve_web(sockets)

    async def _behind(self, source: Source, sockets: list[socket.socket]) -> int | None:
        """Make the real server of a source; return its port behind the front. File drops have none."""
        secret = self.secrets["sources"].get(source.id, {})
        match source.transport:
            case "oauth2" | "signature":
                from mock_province.servers import oauth, signed

                desk = Desk(source, self.places.live(source), self.business_date, secret["secret"])
                sock = bound()
                port: int = sock.getsockname()[1]
                make = oauth.application if source.transport == "oauth2" else signed.application
                self.applications[port] = make(desk)
                self.guarded[source.id] = desk
                sockets.append(sock)
                return port
            case "sftp":
                from mock_province.servers import sftp

                vault = sftp.Vault(self.places.live(source), secret["password"], secret["host_key"])
                self.guarded[source.id] = vault
                listener = await sftp.listen(vault)
                self._listeners.append(listener)
                return listener.get_port()
            case "database":
                return self.cluster.port
            case _:
                return None

    async def _serve_web(self, sockets: list[socket.socket]) -> None:
        """Run one web server on all its sockets until the process is told to end."""
        import uvicorn

        async def by_port(scope: Any, receive: Any, send: Any) -> None:
            await self.applications[scope["server"][1]](scope, receive, send)

        config = uvicorn.Config(
            by_port,
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        await uvicorn.Server(config).serve(sockets=sockets)
        for front in self.fronts.values():
            await front.close()
        for listener in self._listeners:
            listener.close()

    def _publish(self, control: int) -> None:
        """Tell the values folder where everybody listens, the control endpoint last: it says that all is ready."""
        values = self.places.values
        ports = {name: front.port for name, front in self.fronts.items()} | {"control": control}
        for source in sources().values():
            match source.transport:
                case "oauth2" | "signature":
                    write_private(values / f"{source.id}_url", f"http://{LOOPBACK}:{ports[source.id]}\n")
                case "sftp":
                    write_private(values / f"{source.id}_host", f"{LOOPBACK}\n")
                    write_private(values / f"{source.id}_port", f"{ports[source.id]}\n")
                case "file":
                    write_private(values / f"{source.id}_folder", f"{self.places.live(source)}\n")
                case _:
                    continue
        for source, exchange in databases():
            address = f"postgresql+psycopg://{LOOPBACK}:{ports[source.id]}/{exchange.database}"
            write_private(values / f"{source.id}_url", f"{address}\n")
        write_json(self.places.ports, ports | {"postgres": self.cluster.port})
        write_private(values / "mock_control_url", f"http://{LOOPBACK}:{control}\n")

    # -- faults ------------------------------------------------------------------------------------------------------

    async def set_fault(self, source: Source, kind: str) -> None:
        """Put one fault in force in place of the one before; `none` heals. Returns when it is so."""
        async with self._turn[source.id]:
            before = self.faults.get(source.id)
            # Said before it is done: a process killed in between heals the source at its next start.
            write_json(self.places.faults, self.faults | {source.id: kind})
            if before is not None:
                await self._calm(source, healthy=True)
            if kind == NONE:
                self.faults.pop(source.id, None)
            else:
                await self._disturb(source, kind)
                self.faults[source.id] = kind
            write_json(self.places.faults, self.faults)

    async def _disturb(self, source: Source, kind: str) -> None:
        front = self.fronts.get(source.id)
        if front is not None and kind == "refuse":
            await front.switch("refuse")
        elif front is not None and kind == "hang":
            await front.switch("hang")
        elif source.id in self.guarded and kind in {"error", "password"}:
            self.guarded[source.id].failing = kind == "error"
            self.guarded[source.id].locked = kind == "password"
        elif source.transport != "database":
            await asyncio.to_thread(disturb_files, self.places, source, self.business_date, kind)
        elif kind == "password":
            await asyncio.to_thread(self.cluster.set_password, reader_of(source), randoms.token_urlsafe(24))
        else:
            await asyncio.to_thread(self._load, source, kind)

    async def _calm(self, source: Source, *, healthy: bool) -> None:
        """Undo whatever is in force. `healthy`: the servers run, and know what it was."""
        kind = self.faults.get(source.id) if healthy else None
        if source.id in self.guarded:
            self.guarded[source.id].failing = self.guarded[source.id].locked = False
        if source.id in self.fronts and healthy:
            await self.fronts[source.id].switch("open")
        if source.transport != "database":
            await asyncio.to_thread(restore_files, self.places, source)
            return
        if kind in {None, "password"}:
            password = self.secrets["sources"][source.id]["password"]
            await asyncio.to_thread(self.cluster.set_password, reader_of(source), password)
        if kind in {None, "error", *CONTENT}:
            await asyncio.to_thread(self._load, source, None)

    def _load(self, source: Source, fault: str | None) -> None:
        if source.exchange is None:
            return
        with contextlib.closing(self.cluster.connect(source.exchange.database)) as connection:
            load_tables(connection, self.places, source, source.exchange, self.business_date, reader_of(source), fault)
