"""The mock province up and down: build the world, write every delivery, run the servers, and stop them again."""

import datetime as dt
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue.problems import Stop
from mock_province import faults
from mock_province.places import Places, holder, locked, read_json, write_json, write_private
from mock_province.servers.postgres import Cluster, place
from mock_province.sources.known import databases, sources
from mock_province.sources.layout import Source

FORMAT = 1  # of the deliveries: another number makes `up` write them again
_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LOG_LIMIT = 1 << 20

Say = Callable[[str, dict[str, str | int]], None]


@dataclass(frozen=True, slots=True)
class Up:
    """What `up` did: `already` if the same province ran, `rebuilt` if there was none or another."""

    already: bool
    rebuilt: bool
    seed: int
    households: int
    business_date: dt.date
    seconds: float


def _silent(_key: str, _values: dict[str, str | int]) -> None:
    """Say nothing."""


def up(home: Path, *, seed: int, households: int, business_date: dt.date, say: Say = _silent) -> Up:
    """Bring the province up with these parameters; whatever is there already is used, anything else replaced.

    `say` is called with a message key of the catalogue (`mock-…`) and its values as the work proceeds.
    Stop where a server can't be started; its log is then named.
    """
    began = time.monotonic()
    places = Places(home.absolute())
    places.home.mkdir(parents=True, exist_ok=True)
    wanted = {
        "format": FORMAT,
        "seed": seed,
        "households": households,
        "business_date": business_date.isoformat(),
    }
    with locked(places.home / ".lock"):
        found = read_json(places.province)
        same = {key: found.get(key) for key in wanted} == wanted
        already = same and _answers(places)
        if not already:
            _stop_servers(places)
            folder = found.get("postgres")
            if not same:
                _build(places, wanted, say)
            if not same or not folder or not Cluster(Path(folder), "").made:
                _load_databases(places, wanted, folder, say)
            _start_servers(places, say)
    return Up(
        already=already,
        rebuilt=not same,
        seed=seed,
        households=households,
        business_date=business_date,
        seconds=time.monotonic() - began,
    )


def down(home: Path) -> bool:
    """Stop the servers and PostgreSQL; False if nothing ran. Deliveries stay, for the next `up`."""
    places = Places(home.absolute())
    if not places.home.is_dir():
        return False
    with locked(places.home / ".lock"):
        ran = _stop_servers(places)
        province, kept = read_json(places.province), read_json(places.secrets)
        if folder := province.get("postgres"):
            cluster = Cluster(Path(folder), str(kept.get("postgres", "")))
            ran = cluster.running() or ran
            cluster.stop()
            if not Path(folder).is_relative_to(places.home):  # outside of home only because it had to be
                cluster.remove()
                write_json(places.province, province | {"postgres": None})
    return ran


@dataclass(frozen=True, slots=True)
class Status:
    """The province as it is."""

    running: bool
    process: int | None
    province: dict[str, Any]
    faults: dict[str, str]


def status(home: Path) -> Status:
    """Look, and change nothing."""
    places = Places(home.absolute())
    running = _answers(places)
    return Status(
        running=running,
        process=holder(places.lock),
        province=read_json(places.province),
        faults=faults.current(home) if running else {},
    )


# -- building --------------------------------------------------------------------------------------------------------


def _build(places: Places, wanted: dict[str, Any], say: Say) -> None:
    """Make the world, the secrets and the files anew. Until the databases are loaded too, it is no province."""
    from mock_province.sources.deliver import deliver_files
    from mock_province.world.build import build

    places.province.unlink(missing_ok=True)
    day = dt.date.fromisoformat(wanted["business_date"])
    say("mock-building-world", {"households": wanted["households"]})
    build(places.home, business_date=day, seed=wanted["seed"], households=wanted["households"])
    _write_values(places, _secrets(places))
    for folder in ("drop", "sftp", "pages", "pristine"):
        shutil.rmtree(places.home / folder, ignore_errors=True)
    places.faults.unlink(missing_ok=True)
    say("mock-writing-deliveries", {"sources": len(sources())})
    for source in sources().values():
        if source.transport != "database":
            deliver_files(places, source, day)


def _load_databases(places: Places, wanted: dict[str, Any], folder: str | None, say: Say) -> None:
    """Load the department databases, and say in `province.json` that the province is whole."""
    from mock_province.servers.site import reader_of
    from mock_province.sources.deliver import load_tables

    say("mock-loading-databases", {})
    day, kept = dt.date.fromisoformat(wanted["business_date"]), _secrets(places)
    remembered = int(read_json(places.ports).get("postgres", 0))
    cluster = Cluster(place(places.home, folder), kept["postgres"], remembered)
    if cluster.data.exists() and not cluster.accepts():  # of a home whose secrets were deleted
        cluster.remove()
        cluster.folder.mkdir(parents=True)
    cluster.start()
    for source, exchange in databases():
        cluster.grant(exchange.database, reader_of(source), kept["sources"][source.id]["password"])
        with cluster.connect(exchange.database) as connection:
            load_tables(connection, places, source, exchange, day, reader_of(source))
    write_json(places.province, wanted | {"postgres": str(cluster.folder)})


# -- secrets ---------------------------------------------------------------------------------------------------------


def _secrets(places: Places) -> dict[str, Any]:
    """Return the secrets of this home, made at the first call and kept: a restart locks nobody out."""
    kept = read_json(places.secrets)
    if set(kept.get("sources", {})) == {s.id for s in sources().values() if s.transport != "file"}:
        return kept
    fresh: dict[str, Any] = {
        "postgres": secrets.token_urlsafe(24),
        "control": secrets.token_urlsafe(24),
        "sources": {s.id: _secret(s) for s in sources().values() if s.transport != "file"},
    }
    write_json(places.secrets, fresh)
    return fresh


def _secret(source: Source) -> dict[str, str]:
    match source.transport:
        case "sftp":
            import asyncssh

            key = asyncssh.generate_private_key("ssh-ed25519")
            return {
                "password": secrets.token_urlsafe(18),
                "host_key": key.export_private_key().decode(),
                "public_key": key.export_public_key().decode().strip(),
            }
        case "database":
            return {"password": secrets.token_urlsafe(18)}
        case _:
            return {"secret": secrets.token_urlsafe(32)}


def _write_values(places: Places, kept: dict[str, Any]) -> None:
    """Give Hedui the secrets that are meant for it; the addresses follow when the servers know them."""
    places.values.mkdir(parents=True, exist_ok=True, mode=0o700)
    places.values.chmod(0o700)
    for name, secret in kept["sources"].items():
        for part, value in secret.items():
            if part != "host_key":
                called = "host_key" if part == "public_key" else part
                write_private(places.values / f"{name}_{called}", f"{value}\n")
    write_private(places.values / "mock_control_token", f"{kept['control']}\n")


# -- the server process ----------------------------------------------------------------------------------------------


def _answers(places: Places) -> bool:
    """Whether our server process lives and its control endpoint answers."""
    process = holder(places.lock)
    if process is None:
        return False
    try:
        return bool(faults.call(places.home, "/status")["pid"] == process)
    except Stop:
        return False


def _start_servers(places: Places, say: Say) -> None:
    """Start the one detached process, and return when every port answers."""
    say("mock-starting-servers", {"sources": len(sources())})
    (places.values / "mock_control_url").unlink(missing_ok=True)  # its return means: ready
    if places.log.exists() and places.log.stat().st_size > _LOG_LIMIT:
        places.log.unlink()
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    with places.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own module, no shell
            [sys.executable, "-m", "mock_province.servers", str(places.home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _answers(places):
            return
        time.sleep(0.05)
    _stop_servers(places)
    raise Stop("mock-servers-failed", log=str(places.log))


def _stop_servers(places: Places) -> bool:
    """End our server process, politely first; False if none runs. The lock says that the process is ours."""
    ran = False
    for step in (signal.SIGTERM, signal.SIGKILL):
        process = holder(places.lock)
        if process is None:
            break
        ran = True
        os.kill(process, step)
        deadline = time.monotonic() + _STOP_SECONDS
        while holder(places.lock) == process and time.monotonic() < deadline:
            time.sleep(0.02)
    return ran
