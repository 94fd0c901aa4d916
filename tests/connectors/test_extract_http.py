"""HTTP APIs against a real server: tokens, signatures, paging, and peers that misbehave."""

import base64
import datetime as dt
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI, Request, Response

from catalogue.problems import Problem
from connectors.decode import decode
from connectors.extract import extract
from connectors.transports import http_api
from connectors.values import Values

DAY = dt.date(2026, 1, 31)
SECRET = "planted-secret-5523"
ROWS = [
    {"CERT": "11010519491231002X", "NAME": "张三", "ACCT": str(n), "TYPE": "1", "BAL": "1.00", "OPEN": "20200131"}
    for n in range(7)
]


class Bank:
    """A server whose behaviour a test chooses."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.asked: list[dict[str, str]] = []
        self.tokens = 0
        self.expires = 3600
        self.answer = None  # a function of the request, in place of the page
        self.total = len(ROWS)
        self.app.post("/token")(self.token)
        self.app.get("/v1/deposits")(self.deposits)

    async def token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        basic = base64.b64encode(f"hedui:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}" or form["grant_type"] != ["client_credentials"]:
            return Response(json.dumps({"error": "invalid_client", "error_description": SECRET}), 401)
        self.tokens += 1
        return Response(
            json.dumps({"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": self.expires})
        )

    async def deposits(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        if self.answer is not None:
            return self.answer(request)
        size = int(request.query_params["size"])
        start = (int(request.query_params["page"]) - 1) * size
        return self.page(ROWS[start : start + size])

    def page(self, rows: list, **more: object) -> Response:
        data = {"date": "2026-01-31", "count": self.total, "sum": f"{self.total}.00", "records": rows, **more}
        return Response(json.dumps({"data": data}), media_type="application/json")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Bank, int]]:
    import uvicorn

    bank = Bank()
    server = uvicorn.Server(uvicorn.Config(bank.app, host="127.0.0.1", port=0, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield bank, listening.getsockname()[1]
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def bank(running) -> Bank:
    bank, _ = running
    fresh = Bank()
    bank.asked, bank.tokens, bank.expires, bank.answer, bank.total = [], 0, fresh.expires, None, fresh.total
    return bank


@pytest.fixture
def fetch(make, tmp_path, running, ending):
    values = tmp_path / "values"
    values.mkdir()
    (values / "bank_x_url").write_text(f"http://127.0.0.1:{running[1]}", "utf-8")
    (values / "bank_x_secret").write_text(SECRET, "utf-8")

    def fetch(kind: str = "json", seconds: float = 10.0, *changes: tuple[str, str]) -> str:
        manifest = make(kind, *changes)
        try:
            extract(manifest, DAY, tmp_path / "into", Values(values), seconds=seconds)
        except Problem as problem:
            return ending(problem, SECRET, "127.0.0.1", "张三")
        parts = decode(manifest, manifest.datasets[0], tmp_path / "into" / "deposit", DAY)
        return f"{sum(part.records.num_rows for part in parts)} rows"

    fetch.values, fetch.into = values, tmp_path / "into"
    return fetch


def test_pages_are_counted_up_until_all_is_there(bank, fetch) -> None:
    assert fetch() == "7 rows"
    assert [a["page"] for a in bank.asked] == ["1", "2", "3"]
    assert {(a["date"], a["size"]) for a in bank.asked} == {("2026-01-31", "3")}
    assert bank.tokens == 1


def test_a_full_last_page_is_followed_by_an_empty_one(bank, fetch) -> None:
    bank.total = 6
    bank.answer = lambda r: bank.page(ROWS[:6][(int(r.query_params["page"]) - 1) * 3 :][:3])
    assert fetch() == "6 rows"
    assert len(bank.asked) == 3


def test_a_server_that_gives_smaller_pages_is_asked_on(bank, fetch) -> None:
    bank.answer = lambda r: bank.page(ROWS[(int(r.query_params["page"]) - 1) * 2 :][:2])
    assert fetch() == "7 rows"


def test_a_token_that_runs_out_is_fetched_again(bank, fetch) -> None:
    bank.expires = 1
    assert fetch() == "7 rows"
    assert bank.tokens == 3


def test_cursors_are_followed_with_signed_requests(bank, fetch) -> None:
    from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.HMAC_SHA256,
        key_resolver=MappingKeyResolver(public_keys={"hedui": SECRET.encode()}, private_keys={}),
    )
    nonces = []

    def answer(request: Request) -> Response:
        found = verifier.verify(
            request, expect_tag="hedui", require_components=("@method", "@target-uri", "content-digest"), body=b"",
            max_age=dt.timedelta(minutes=1),
        )  # fmt: skip
        nonces.append(found[0].parameters["nonce"])
        start = int(request.query_params.get("cursor", "0"))
        return bank.page(ROWS[start : start + 3], next=str(start + 3) if start + 3 < len(ROWS) else None)

    bank.answer = answer
    assert fetch("cursor") == "7 rows"
    assert [a.get("cursor") for a in bank.asked] == [None, "3", "6"]
    assert len(set(nonces)) == 3


def test_a_cursor_that_goes_in_circles_is_refused(bank, fetch) -> None:
    bank.answer = lambda _: bank.page(ROWS[:3], next="3")
    assert fetch("cursor") == "Skip unexpected-answer"
    assert len(bank.asked) == 2


@pytest.mark.parametrize(
    ("status", "code", "times"),
    [
        (404, "Skip not-delivered", 1), (425, "Skip not-delivered", 1),
        (401, "Skip access-refused", 1), (403, "Skip access-refused", 1),
        (400, "Skip unexpected-answer", 1), (302, "Skip unexpected-answer", 1), (204, "Skip unexpected-answer", 1),
        (500, "Retry server-error", 3), (503, "Retry server-error", 3), (429, "Retry server-error", 3),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(bank, fetch, status, code, times) -> None:
    bank.answer = lambda _: Response("张三", status, headers={"location": "http://127.0.0.1/elsewhere"})
    assert fetch(seconds=10.0) == code
    assert len(bank.asked) == times


def test_a_passing_fault_is_overcome(bank, fetch) -> None:
    def answer(request: Request) -> Response:
        if len(bank.asked) < 3:
            return Response("", 500)
        return bank.page(ROWS)

    bank.answer = answer
    assert fetch("json", 10.0, ("size = 3", "size = 10")) == "7 rows"
    assert json.loads((fetch.into / "receipt.json").read_text("utf-8"))["datasets"][0]["tries"] == 3


def test_a_wrong_secret_is_refused_at_the_token(bank, fetch) -> None:
    (fetch.values / "bank_x_secret").write_text("wrong", "utf-8")
    assert fetch() == "Skip access-refused"
    assert not bank.asked


def test_an_answer_must_not_be_packed_or_without_end(bank, fetch, monkeypatch) -> None:
    bank.answer = lambda _: Response(gzip.compress(b"0" * 9999), headers={"content-encoding": "gzip"})
    assert fetch() == "Skip unexpected-answer"
    monkeypatch.setattr(http_api, "MAX_PAGE", 500)
    bank.answer = lambda _: bank.page(ROWS)
    assert fetch() == "Skip too-large"


def test_a_server_that_does_not_turn_pages_is_not_asked_for_ever(bank, fetch) -> None:
    bank.answer = lambda _: bank.page(ROWS[:3])
    assert fetch() == "Skip unexpected-answer"
    assert len(bank.asked) == 2


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1", "ftp://127.0.0.1", "127.0.0.1", "http://[", "http://127.0.0.1.example"]
)
def test_records_do_not_travel_in_the_open(fetch, url) -> None:
    (fetch.values / "bank_x_url").write_text(url, "utf-8")
    assert fetch() == "Stop bad-value"


def _peer(*pieces: bytes, close: bool, endless: bytes = b""):
    """Accept, read the request, send pieces, then close, drip without end, or be silent."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve(line: socket.socket) -> None:
        try:
            line.recv(65_536)
            for piece in pieces:
                line.sendall(piece)
            if close:
                line.close()
            while endless:
                line.sendall(endless)
                threading.Event().wait(0.05)
        except OSError:
            return

    def accept() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            held.append(line)
            threading.Thread(target=serve, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listening, held


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "close", "endless", "code"),
    [
        ((), False, b"", "Retry timed-out"),
        ((HEAD[:20],), False, b"", "Retry timed-out"),
        ((HEAD, b'{"data"'), False, b"", "Retry timed-out"),
        ((HEAD,), False, b" ", "Retry timed-out"),  # a byte now and then keeps no connection alive for ever
        ((HEAD[:30],), False, b"x", "Retry timed-out"),
        ((HEAD, b'{"data"'), True, b"", "Retry truncated-delivery"),
        ((b"SSH-2.0-x\r\n",), True, b"", "Retry truncated-delivery"),
        ((), True, b"", "Retry truncated-delivery"),
    ],
    ids=["silent", "half a head", "half a body", "drips a body", "drips a head", "cut body", "no http", "closes"],
)
def test_a_peer_that_stops_at_any_point_is_cut(fetch, pieces, close, endless, code) -> None:
    listening, held = _peer(*pieces, close=close, endless=endless)
    (fetch.values / "bank_x_url").write_text(f"http://127.0.0.1:{listening.getsockname()[1]}", "utf-8")
    assert fetch("cursor", 8.0 if close else 0.5) == code
    listening.close()
    for line in held:
        line.close()


def test_nobody_there_is_unreachable(fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    (fetch.values / "bank_x_url").write_text(f"http://127.0.0.1:{port}", "utf-8")
    assert fetch("json", 8.0) == "Retry unreachable"
