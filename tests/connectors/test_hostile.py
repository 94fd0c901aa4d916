"""Deliveries that mean harm, and secrets that must not come out: planted, and searched for everywhere."""

import logging
import random
from decimal import Decimal

import pytest

from catalogue.problems import Problem
from connectors.formats import lines
from connectors.transports.http_auth import Token
from connectors.values import Values

ID, NAME, ACCOUNT, AMOUNT = "11010519491231002X", "诸葛埋名", "6222777788889999", "987654.32"
NAMES = "CERT|NAME|ACCT|TYPE|BAL|OPEN\n"
ROW = f"{ID}|{NAME}|{ACCOUNT}|1|{AMOUNT}|20200131\n"
GOOD = ("H20260131\n" + NAMES + ROW + f"T1|{AMOUNT}\n").encode("gb18030")


def test_a_line_without_end_is_not_kept_in_memory(make, verdict, monkeypatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    monkeypatch.setattr(lines, "BLOCK", 500)
    manifest = make("headerless")
    assert verdict(manifest, b"H20260131\n" + b"x" * 10_000) == "unreadable-delivery"
    assert verdict(manifest, b"x" * 10_000) == "unreadable-delivery"
    assert verdict(make("fixed_width"), b"H20260131\n" + b"x" * 10_000 + b"\nT1|1\n") == "unreadable-delivery"


def test_an_open_quote_does_not_swallow_the_file(make, verdict, monkeypatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    monkeypatch.setattr(lines, "BLOCK", 500)
    manifest = make("delimited", ("header = true }", "header = true, quote = '\"' }"))
    data = GOOD.replace(ACCOUNT.encode(), b'"' + ACCOUNT.encode()).replace(b"T1", b"a|b|c|1|1|20200131\n" * 500 + b"T1")
    assert verdict(manifest, data) == "unreadable-delivery"


def test_zero_bytes_reject_their_row(make, read) -> None:
    extra = ROW.encode("gb18030")
    data = GOOD.replace(b"T1", extra * 3 + b"\0" + extra + b"\0" * 30 + b"\nT6")
    data = data.replace(f"T6|{AMOUNT}".encode(), f"T6|{5 * Decimal(AMOUNT)}".encode())
    assert set(read(make("delimited"), data).reasons.values()) == {"broken-character", "wrong-field-count"}


@pytest.mark.parametrize("kind", ["delimited", "headerless", "fixed_width", "spreadsheet", "xml", "json", "cursor"])
def test_noise_ends_in_a_verdict_and_never_in_a_crash(make, verdict, kind) -> None:
    manifest = make(kind)
    chance = random.Random(kind)  # noqa: S311  no secret
    name = "page-000001.json" if kind in {"json", "cursor"} else "delivery"
    for size in (1, 2, 7, 100, 5000):
        for start in (b"", b"PK\x03\x04", b"<report>", b'{"data":', b"H20260131\n" + NAMES.encode(), b"\xff\xfe"):
            assert verdict(manifest, {name: start + chance.randbytes(size)}) not in {"sound", "decode-failed"}
            assert verdict(
                manifest, {name: start + bytes(chance.choices(b'|\n"<>{}[]0123,\r\0\xd5\xc5', k=size))}
            ) not in {"sound", "decode-failed"}


@pytest.mark.parametrize("kind", ["delimited", "headerless", "fixed_width", "xml", "json"])
def test_spoilt_deliveries_say_nothing_of_what_they_hold(make, read, ending, kind, caplog) -> None:
    """Cut, twist and repeat a delivery with planted values; nothing raised, chained, or logged may quote it."""
    caplog.set_level(logging.DEBUG)
    manifest = make(kind)
    record = f'"CERT":"{ID}","NAME":"{NAME}","ACCT":"{ACCOUNT}","TYPE":"1","BAL":"{AMOUNT}","OPEN":"20200131"'
    sound = {
        "delimited": GOOD,
        "headerless": GOOD.replace(NAMES.encode(), b""),
        "fixed_width": (
            f"H20260131\n{ID:20}".encode() + f"{NAME:8}".encode("gb18030")
            + f"{ACCOUNT[:12]:12}1{AMOUNT:>12}20200131\nT1|1\n".encode()
        ),
        "xml": (
            f'<report count="1"><head><date>2026-01-31</date></head><person><CERT>{ID}</CERT><NAME>{NAME}</NAME>'
            f"<ACCT>{ACCOUNT}</ACCT><TYPE>9</TYPE><BAL>{AMOUNT}</BAL><OPEN>x</OPEN></person>"
            f"<foot><sum>{AMOUNT}1</sum></foot></report>"
        ).encode(),
        "json": f'{{"data":{{"date":"2026-01-31","count":1,"sum":"{AMOUNT}","records":[{{{record}}}]}}}}'.encode(),
    }[kind]  # fmt: skip
    name = "page-000001.json" if kind == "json" else "delivery"
    chance = random.Random(kind)  # noqa: S311
    raised = 0
    codes: set[str] = set()
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randint(0, 3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randint(1, 30)]
                case 2:
                    data[place:place] = data[place : place + 40]
                case _:
                    data = data[: max(place, 20)]
            if not data:
                data = bytearray(b" ")
        try:
            read(manifest, {name: bytes(data)})
        except Problem as problem:
            raised += 1
            codes.add(ending(problem, ID, NAME, ACCOUNT, AMOUNT))
    assert raised > 10
    assert "Skip decode-failed" not in codes
    for planted in (ID, NAME, ACCOUNT, AMOUNT):
        assert planted not in caplog.text


def test_secrets_have_no_face(tmp_path) -> None:
    (tmp_path / "a").write_text("planted-1", "utf-8")
    values = Values(tmp_path)
    assert values.resolve("${a}") == "planted-1"
    assert "planted-1" not in repr(values) + str(vars(values))
    assert "planted-2" not in repr(Token("planted-2", 1.0))
