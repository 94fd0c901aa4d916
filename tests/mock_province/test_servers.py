"""The servers over their real protocols: right credentials in, everything else out, and each fault as it says."""

import asyncio
import datetime as dt
import json
import secrets
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import httpx
import psycopg
import pyarrow.parquet as pq
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import HMAC_SHA256

from catalogue.problems import Stop
from mock_province import faults, lifecycle
from mock_province.places import Places
from mock_province.servers import oauth
from mock_province.servers.web import Desk
from mock_province.sources.known import databases, sources

DAY = dt.date(2026, 6, 30)
TOLERANCE = 3.0  # seconds: how long a peer that is said to hang is waited for


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("outside") / ("long-" * 30)  # longer than a unix socket's path may be
    lifecycle.up(folder, seed=5, households=20, business_date=DAY)
    yield folder
    lifecycle.down(folder)


@contextmanager
def fault(home: Path, source: str, kind: str) -> Iterator[None]:
    faults.set_fault(home, source, kind)
    try:
        yield
    finally:
        faults.clear(home, source)


def value(home: Path, name: str) -> str:
    return (home / "values" / name).read_text().strip()


# -- department APIs -------------------------------------------------------------------------------------------------


def token(home: Path, source: str, **changed: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "scope": "extract"} | changed
    secret = form.pop("secret", value(home, f"{source}_secret"))
    url = value(home, f"{source}_url")
    return httpx.post(f"{url}/oauth/token", data=form, auth=("hedui", secret), timeout=TOLERANCE)


def incomes(home: Path, bearer: str = "", **changed: str) -> httpx.Response:
    query = {"businessDate": "2026-06-30", "page": "1", "pageSize": "50"} | changed
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    url = value(home, "taxation_url")
    return httpx.get(f"{url}/v1/individual-income", params=query, headers=headers, timeout=TOLERANCE)


def test_a_department_api_gives_pages_to_those_with_a_token(home: Path) -> None:
    answer = token(home, "taxation")
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 300
    bearer = answer.json()["access_token"]
    rows, page = [], 1
    while True:
        data = incomes(home, bearer, page=str(page)).json()["data"]
        assert data["businessDate"] == "2026-06-30"
        if not data["records"]:
            break
        rows += data["records"]
        page += 1
    assert len(rows) == data["total"]
    assert page > 2


def test_a_department_api_turns_everybody_else_away(home: Path) -> None:
    assert incomes(home).status_code == 401
    assert incomes(home, "made-up").status_code == 401
    assert "Bearer" in incomes(home).headers["www-authenticate"]
    refused = token(home, "taxation", secret="wrong")
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    assert token(home, "taxation", secret=value(home, "housing_secret")).status_code == 401
    assert token(home, "taxation", grant_type="password").status_code == 400
    assert token(home, "taxation", scope="everything").status_code == 400


def test_a_token_ends() -> None:
    now = [0.0]
    desk = Desk(sources()["taxation"], Path("/nowhere"), DAY, "secret")
    application = oauth.application(desk, clock=lambda: now[0])

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", auth=("hedui", "secret")) as client:
            granted = await client.post("/oauth/token", data={"grant_type": "client_credentials"})
            bearer = granted.json()["access_token"]
            seen = []
            for now[0] in (299.0, 300.0):
                answer = await client.get(
                    "/v1/individual-income?businessDate=2026-06-30",
                    headers={"Authorization": f"Bearer {bearer}"},
                    auth=lambda request: request,
                )
                seen.append(answer.status_code)
            return seen

    assert asyncio.run(ask()) == [404, 401]  # nothing is delivered there; then the token has ended


def test_a_day_that_is_not_delivered_is_not_found_and_nonsense_is_refused(home: Path) -> None:
    bearer = token(home, "taxation").json()["access_token"]
    assert incomes(home, bearer, businessDate="2026-06-29").status_code == 404
    assert incomes(home, bearer, businessDate="tomorrow").status_code == 400
    assert incomes(home, bearer, page="0").status_code == 400
    assert incomes(home, bearer, pageSize="100001").status_code == 400


# -- banks with signed requests --------------------------------------------------------------------------------------


class Key(HTTPSignatureKeyResolver):
    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()

    def resolve_private_key(self, key_id: str) -> bytes:
        return self.secret


COVERED = ("@method", "@target-uri", "content-digest")


def signed(home: Path, bank: str = "bank_33", **changed: object) -> httpx.Request:
    query = {"settleDate": "20260630", "limit": "2"} | changed.pop("query", {})
    request = httpx.Request("GET", f"{value(home, f'{bank}_url')}/open/deposits", params=query)
    signer = HTTPMessageSigner(
        signature_algorithm=HMAC_SHA256, key_resolver=Key(str(changed.pop("secret", value(home, f"{bank}_secret"))))
    )
    options = {
        "key_id": "hedui",
        "nonce": secrets.token_urlsafe(8),
        "created": dt.datetime.now(dt.UTC),
        "covered_component_ids": COVERED,
    } | changed
    body = b"" if "content-digest" in options["covered_component_ids"] else None
    signer.sign(request, body=body, **options)
    return request


def send(request: httpx.Request) -> httpx.Response:
    with httpx.Client(timeout=TOLERANCE, trust_env=False) as client:
        return client.send(request)


def test_a_bank_answers_signed_requests_page_by_page(home: Path) -> None:
    rows, cursor = [], None
    while True:
        answer = send(signed(home, query={"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        rows += answer.json()["body"]["list"]
        cursor = answer.json()["body"]["next"]
        if cursor is None:
            break
    assert len(rows) == answer.json()["head"]["records"] > 2
    assert len({row["account"]["no"] for row in rows}) >= len(rows) - 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"secret": "wrong"}, "signature-invalid"),
        ({"key_id": "somebody"}, "signature-invalid"),
        ({"created": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=30)}, "signature-invalid"),
        ({"created": dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30)}, "signature-invalid"),
        ({"nonce": None}, "nonce-missing"),
        ({"covered_component_ids": ("@method", "content-digest")}, "signature-covers-too-little"),
        ({"covered_component_ids": ("@target-uri", "content-digest")}, "signature-covers-too-little"),
        ({"covered_component_ids": ("@method", "@target-uri")}, "signature-missing"),
    ],
)
def test_a_bank_refuses_what_is_not_signed_as_agreed(home: Path, changed: dict[str, object], reason: str) -> None:
    answer = send(signed(home, **changed))
    assert (answer.status_code, answer.json()) == (401, {"error": reason})


def test_a_bank_refuses_unsigned_tampered_and_repeated_requests(home: Path) -> None:
    plain = httpx.Request("GET", signed(home).url)
    assert send(plain).json() == {"error": "signature-missing"}
    good = signed(home)
    tampered = httpx.Request("GET", good.url.copy_set_param("limit", "5000"), headers=good.headers)
    assert send(tampered).json() == {"error": "signature-invalid"}
    elsewhere = httpx.Request("GET", str(good.url).replace(value(home, "bank_33_url"), value(home, "bank_36_url")),
                              headers={k: v for k, v in good.headers.items() if k != "host"})  # fmt: skip
    assert send(elsewhere).status_code == 401
    assert send(good).status_code == 200
    again = send(good)
    assert (again.status_code, again.json()) == (401, {"error": "nonce-replayed"})
    cursor = signed(home, query={"cursor": "bm9uc2Vuc2U"})
    assert send(cursor).status_code == 400


# -- SFTP ------------------------------------------------------------------------------------------------------------


async def _with_sftp(home: Path, bank: str, work, password: str | None = None):
    host, port, host_key = (value(home, f"{bank}_{part}") for part in ("host", "port", "host_key"))
    async with (
        asyncssh.connect(
            host,
            int(port),
            username="hedui",
            password=password or value(home, f"{bank}_password"),
            known_hosts=asyncssh.import_known_hosts(f"[{host}]:{port} {host_key}\n"),
            config=None,
            client_keys=None,
            agent_path=None,
            connect_timeout=TOLERANCE,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        return await work(client)


def sftp(home: Path, bank: str, work, password: str | None = None):
    return asyncio.run(_with_sftp(home, bank, work, password))


async def names(client: asyncssh.SFTPClient) -> list[str]:
    return sorted(str(entry.filename) for entry in await client.readdir("/") if str(entry.filename) not in {".", ".."})


def test_a_bank_serves_its_own_folder_by_sftp_and_nothing_else(home: Path) -> None:
    async def look(client: asyncssh.SFTPClient) -> None:
        assert await names(client) == ["DEP_20260630.txt", "WMP_20260630.txt"]
        async with client.open("/DEP_20260630.txt", "rb") as file:
            data = await file.read()
        assert data == (home / "sftp" / "bank_01" / "DEP_20260630.txt").read_bytes()
        for path in ("/../bank_02/CKMX20260630.dat", "../../values/bank_02_password"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await client.stat(path)

    sftp(home, "bank_01", look)


def test_nothing_can_be_changed_by_sftp(home: Path) -> None:
    async def change(client: asyncssh.SFTPClient) -> None:
        for attempt in (
            client.remove("/DEP_20260630.txt"),
            client.rename("/DEP_20260630.txt", "/x"),
            client.mkdir("/x"),
            client.truncate("/DEP_20260630.txt", 0),
            client.chmod("/DEP_20260630.txt", 0o777),
            client.symlink("/etc/passwd", "/x"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await attempt
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.open("/new", "wb")
        assert await names(client) == ["DEP_20260630.txt", "WMP_20260630.txt"]

    sftp(home, "bank_01", change)


def test_sftp_wants_the_password_of_that_bank_and_every_bank_has_its_own_key(home: Path) -> None:
    for password in ("wrong", value(home, "bank_02_password")):
        with pytest.raises(asyncssh.PermissionDenied):
            sftp(home, "bank_01", names, password)
    keys = {value(home, f"bank_{n:02}_host_key") for n in range(1, 21)}
    assert len(keys) == 20
    assert all(key.startswith("ssh-ed25519 ") for key in keys)


# -- databases -------------------------------------------------------------------------------------------------------


def ask(home: Path, source: str, query: str, password: str | None = None, database: str | None = None) -> list[tuple]:
    host, _, name = value(home, f"{source}_url").removeprefix("postgresql+psycopg://").partition("/")
    with psycopg.connect(
        host=host.partition(":")[0],
        port=host.partition(":")[2],
        dbname=database or name,
        user=f"hedui_{source}",
        password=password or value(home, f"{source}_password"),
        connect_timeout=int(TOLERANCE),
        options="-c statement_timeout=5000",
    ) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_a_database_shows_what_the_records_say(home: Path) -> None:
    for source, exchange in databases():
        control = exchange.control
        for dataset in source.datasets:
            records = pq.read_table(Places(home).records(source.id, dataset.category))
            columns = [c for c in dataset.columns if c.item]
            listed = ", ".join(c.name for c in columns)
            view = dataset.format.view
            rows = ask(home, source.id, f"SELECT {exchange.order}, {exchange.batch}, {listed} FROM {view} ORDER BY 1")
            assert [row[0] for row in rows] == records["row"].to_pylist()
            assert {row[1] for row in rows} <= {DAY}
            for place, column in enumerate(columns, 2):
                if column.item in {"resident_id", "name", "area", "share", "as_of"}:
                    assert [row[place] for row in rows] == records[column.item].to_pylist(), column.name
            stated = ask(
                home,
                source.id,
                f"SELECT {control.batch}, {control.data}, {control.count}, {control.sum} FROM {control.name} "
                f"WHERE {control.dataset} = '{dataset.category}'",
            )
            assert stated[0][:3] == (DAY, DAY, records.num_rows)
            assert (stated[0][3] is None) == (dataset.sum_item is None)


def test_a_database_can_only_be_read_and_only_by_its_own_reader(home: Path) -> None:
    for statement in ("DELETE FROM v_jdc", "CREATE TABLE mine (x int)", "DELETE FROM sjjh_kzb"):
        with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)):
            ask(home, "public_security", statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(home, "public_security", "SELECT * FROM t_v_jdc")
    for database in ("mz_share", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            ask(home, "public_security", "SELECT 1", database=database)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(home, "public_security", "SELECT 1", password=value(home, "civil_affairs_password"))


# -- faults ----------------------------------------------------------------------------------------------------------


def reach(home: Path, source: str) -> str:  # noqa: C901, PLR0911  one line for each way to fail
    """Try to take a delivery; say in one word how that went."""
    try:
        match sources()[source].transport:
            case "oauth2":
                answer = token(home, source)
                if answer.status_code == 200:
                    answer = incomes(home, answer.json()["access_token"])
                return str(answer.status_code)
            case "signature":
                return str(send(signed(home, source)).status_code)
            case "sftp":
                return f"{len(sftp(home, source, _first))} bytes"
            case _:
                return f"{ask(home, source, 'SELECT count(*) FROM v_jdc')[0][0]} rows"
    except (httpx.ConnectError, ConnectionRefusedError):
        return "refused"
    except (httpx.ReadTimeout, TimeoutError, psycopg.errors.ConnectionTimeout, asyncssh.ConnectionLost):
        return "hangs"
    except asyncssh.PermissionDenied:
        return "password"
    except asyncssh.SFTPNoSuchFile:
        return "nothing"
    except asyncssh.SFTPFailure:
        return "error"
    except psycopg.errors.IoError:
        return "error"
    except psycopg.OperationalError as error:
        return next(
            (w for w in ("refused", "password") if w in str(error)), "hangs" if "timeout" in str(error) else "?"
        )


async def _first(client: asyncssh.SFTPClient) -> bytes:
    async with client.open("/DEP_20260630.txt", "rb") as file:
        return bytes(await file.read())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("taxation", {"refuse": "refused", "hang": "hangs", "error": "500", "password": "401", "late": "404"}),
        ("bank_33", {"refuse": "refused", "hang": "hangs", "error": "500", "password": "401", "late": "404"}),
        ("bank_01", {"refuse": "refused", "hang": "hangs", "error": "error", "password": "password", "late": "nothing",
                     "empty": "0 bytes"}),
        ("public_security", {"refuse": "refused", "hang": "hangs", "error": "error", "password": "password",
                             "late": "0 rows", "empty": "0 rows"}),
    ],
)  # fmt: skip
def test_a_fault_is_in_force_when_the_call_returns_and_gone_when_it_is_cleared(
    home: Path, source: str, expected: dict[str, str]
) -> None:
    well = reach(home, source)
    for kind, outcome in expected.items():
        with fault(home, source, kind):
            assert (kind, reach(home, source)) == (kind, outcome)
            assert faults.current(home) == {source: kind}
        assert reach(home, source) == well
    faults.set_fault(home, source, "refuse")
    faults.set_fault(home, source, "late")  # the second takes the place of the first
    assert reach(home, source) == expected["late"]
    faults.clear(home, source)
    assert reach(home, source) == well
    assert faults.current(home) == {}


def test_a_hanging_peer_takes_the_connection(home: Path) -> None:
    with fault(home, "bank_33", "hang"):
        port = int(value(home, "bank_33_url").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=TOLERANCE) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
            peer.settimeout(0.5)
            with pytest.raises(TimeoutError):
                peer.recv(1)


def test_an_open_connection_does_not_outlive_a_fault(home: Path) -> None:
    with httpx.Client(timeout=TOLERANCE, trust_env=False) as client:
        assert client.get(value(home, "taxation_url")).status_code == 404
        with fault(home, "taxation", "refuse"), pytest.raises(httpx.TransportError):
            client.get(value(home, "taxation_url"))


@pytest.mark.parametrize(
    ("kind", "control", "rows"),
    [("stale", "yesterday", "all"), ("count", "fewer", "all"), ("truncated", "all", "fewer"), ("empty", "all", "none"),
     ("late", "nothing", "none"), ("encoding", "all", "all"), ("rows", "all", "all")],
)  # fmt: skip
def test_database_faults_in_the_content(home: Path, kind: str, control: str, rows: str) -> None:
    def counted() -> int:
        return int(ask(home, "public_security", "SELECT count(*) FROM v_jdc WHERE pcrq = '2026-06-30'")[0][0])

    def stated() -> list[tuple]:
        return ask(home, "public_security", "SELECT sjrq, jls FROM sjjh_kzb WHERE sjj = 'motor_vehicle'")

    every = counted()
    assert stated() == [(DAY, every)]
    with fault(home, "public_security", kind):
        assert {"all": counted() == every, "none": counted() == 0, "fewer": 0 < counted() < every}[rows]
        expected = {"all": [(DAY, every)], "yesterday": [(DAY - dt.timedelta(days=1), every)],
                    "fewer": [(DAY, every - 3)], "nothing": []}  # fmt: skip
        assert stated() == expected[control]
        if kind == "encoding":
            spoilt = ask(home, "public_security", "SELECT syr FROM v_jdc ORDER BY xh LIMIT 1")[0][0]
            assert not any("一" <= c <= "鿿" for c in spoilt)
            assert any("一" <= c <= "鿿" for c in spoilt.encode("latin-1").decode())
        if kind == "rows":
            codes = ask(home, "public_security", "SELECT count(*) FROM v_jdc WHERE cllx = 'Z' OR sfzmhm IS NULL "
                        "OR ccdjrq = '20261399'")  # fmt: skip
            assert codes[0][0] >= every * 3 // 10
    assert counted() == every


def test_a_missing_column_is_missing_in_the_view(home: Path) -> None:
    with fault(home, "public_security", "column"), pytest.raises(psycopg.errors.UndefinedColumn):
        ask(home, "public_security", "SELECT hphm FROM v_jdc")
    assert ask(home, "public_security", "SELECT count(hphm) FROM v_jdc")


def test_one_source_in_trouble_leaves_the_others_alone(home: Path) -> None:
    well = {source: reach(home, source) for source in ("bank_33", "bank_01", "public_security")}
    with fault(home, "taxation", "hang"), fault(home, "bank_05", "refuse"), fault(home, "civil_affairs", "error"):
        assert {source: reach(home, source) for source in well} == well
        assert faults.current(home) == {"taxation": "hang", "bank_05": "refuse", "civil_affairs": "error"}


# -- the process -----------------------------------------------------------------------------------------------------


def test_everything_listens_on_loopback_only(home: Path) -> None:
    pid = lifecycle.status(home).process
    postmaster = int(
        (Path(lifecycle.status(home).province["postgres"]) / "data" / "postmaster.pid").read_text().split()[0]
    )
    listening = listeners(pid) | listeners(postmaster)
    assert {address for address, _ in listening} == {"127.0.0.1"}
    ports = set(json.loads(Places(home).ports.read_text()).values())
    assert len(ports) == 4 + 5 + 20 + 11 + 2
    assert ports <= {port for _, port in listening}


def listeners(pid: int | None) -> set[tuple[str, int]]:
    import psutil

    connections = psutil.Process(pid).net_connections(kind="inet")
    return {(c.laddr.ip, c.laddr.port) for c in connections if c.status == psutil.CONN_LISTEN}


def test_values_are_for_the_owner_alone_and_hold_no_server_secret(home: Path) -> None:
    values = home / "values"
    assert stat.S_IMODE(values.stat().st_mode) == 0o700
    for path in [*values.iterdir(), Places(home).secrets]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert not any("PRIVATE" in path.read_text() for path in values.iterdir())
    named = {path.name for path in values.iterdir()}
    assert {"bank_01_host", "bank_01_port", "bank_01_password", "bank_01_host_key", "bank_21_folder", "taxation_url",
            "taxation_secret", "bank_33_url", "bank_33_secret", "public_security_url",
            "public_security_password"} <= named  # fmt: skip


def test_secrets_are_not_on_the_command_line_or_in_the_log(home: Path) -> None:
    shown = subprocess.run(["ps", "-eo", "command"], capture_output=True, text=True, check=True).stdout
    log = Places(home).log.read_text()
    for path in (home / "values").glob("*_[sp]*[td]"):
        if path.name.endswith(("_password", "_secret")):
            assert path.read_text().strip() not in shown + log


def test_the_control_endpoint_wants_its_token(home: Path) -> None:
    address = value(home, "mock_control_url")
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert httpx.get(f"{address}/faults", headers=headers).status_code == 401
        wanted = {"source": "bank_01", "kind": "late"}
        assert httpx.post(f"{address}/faults", headers=headers, json=wanted).status_code == 401
    assert faults.current(home) == {}


def test_a_fault_without_servers_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="mock-not-up"):
        faults.set_fault(tmp_path, "bank_01", "late")


def test_the_log_is_silent_when_all_is_well(home: Path) -> None:
    assert reach(home, "bank_33") == "200"
    assert Places(home).log.read_text() == ""
