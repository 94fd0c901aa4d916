"""XML: records at any depth, control elements anywhere, and documents that mean harm."""

from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def person(cert: str, name: str, account: str, kind: str = "1", balance: str = "1.00", opened: str = "20200131") -> str:
    cells = {"CERT": cert, "NAME": name, "ACCT": account, "TYPE": kind, "BAL": balance, "OPEN": opened}
    return "<person>" + "".join(f"<{n}>{escape(c)}</{n}>" for n, c in cells.items()) + "</person>"


def document(people: list[str], *, count: int | None = None, date: str = "2026-01-31", total: str | None = None) -> str:
    count = len(people) if count is None else count
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<report count="{count}"><head><date>{date}</date></head>'
        f"<people>{''.join(people)}</people><foot><sum>{total or f'{len(people)}.00'}</sum></foot></report>\n"
    )


PEOPLE = [person("11010519491231002X", "张三", "1"), person("440524188001010014", "李四", "2", "2")]
GOOD = document(PEOPLE)


def test_records_and_control_elements_are_read(make, read) -> None:
    result = read(make("xml"), GOOD.encode())
    assert not result.rejects
    assert [(r["row"], r["name"], r["account"], r["kind"], r["balance"]) for r in result.records] == [
        (1, "张三", "1", "demand", Decimal("1.00")),
        (2, "李四", "2", "fixed", Decimal("1.00")),
    ]


def test_nested_elements_attributes_and_namespaces(make, read) -> None:
    manifest = make("xml", ('column = "ACCT"', 'column = "card/number"'), ('column = "CERT"', 'column = "@id"'))
    text = GOOD.replace("<report ", '<report xmlns="urn:a" xmlns:b="urn:b" ')
    text = text.replace("<CERT>11010519491231002X</CERT>", "").replace("<CERT>440524188001010014</CERT>", "")
    text = (
        text.replace("<person>", '<person b:id="7">')
        .replace("<ACCT>", "<b:card><number>")
        .replace("</ACCT>", "</number></b:card>")
    )
    assert [(r["resident_id"], r["account"]) for r in read(manifest, text.encode()).records] == [("7", "1"), ("7", "2")]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=15
)


@settings(max_examples=30)
@given(
    rows=st.lists(st.tuples(words, words), min_size=1, max_size=20),
    encoding=st.sampled_from(["UTF-8", "GB18030", "UTF-16"]),
)
def test_what_is_written_is_read_back(make, read, rows, encoding) -> None:
    text = document([person("1", name, account) for name, account in rows]).replace("UTF-8", encoding)
    result = read(make("xml"), text.encode(encoding))
    assert [r["name"] or "" for r in result.records] == [n if n.strip(" \u3000") else "" for n, _ in rows]
    assert [r["account"] or "" for r in result.records] == [a.strip(" \u3000") for _, a in rows]


GB = GOOD.replace("UTF-8", "GB18030")


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("sound", GOOD.encode()),
        ("sound", GB.encode("gb18030")),
        ("empty-delivery", b""),
        ("empty-delivery", document([]).encode()),
        ("truncated-delivery", GOOD.encode()[:-60]),
        ("truncated-delivery", GOOD.encode()[:-10]),
        ("truncated-delivery", GOOD[: GOOD.index("</people>")].encode()),
        ("wrong-encoding", GOOD.encode("gb18030")),
        ("wrong-encoding", GB.encode("utf-8")),
        ("stale-delivery", document(PEOPLE, date="2026-01-30").encode()),
        ("count-mismatch", document(PEOPLE, count=3).encode()),
        ("count-mismatch", document(PEOPLE, count=1).encode()),
        ("sum-mismatch", document(PEOPLE, total="2.01").encode()),
        ("missing-column", GOOD.replace("<ACCT>1</ACCT>", "").replace("<ACCT>2</ACCT>", "").encode()),
        ("control-unreadable", GOOD.replace("<date>2026-01-31</date>", "").encode()),
        ("unreadable-delivery", GOOD.replace("</head>", "</haed>").encode()),
        ("unreadable-delivery", b"{}"),
    ],
)
def test_faults_of_a_whole_delivery_are_told_apart(make, verdict, code, delivery) -> None:
    assert verdict(make("xml"), delivery) == code


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE report [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY {n} "{f"&{chr(ord(n) - 1)};" * 10}">' for n in "cdefghij")
    + ']><report count="1"><head><date>2026-01-31</date></head>&j;'
)


@pytest.mark.parametrize(
    "document_",
    [
        BOMB + "</report>",
        BOMB.replace('count="1"', 'count="&j;"') + "</report>",
        '<!DOCTYPE report [<!ENTITY x SYSTEM "file:///etc/passwd">]><report><head><date>&x;</date></head></report>',
        '<!DOCTYPE report SYSTEM "http://127.0.0.1:9/a.dtd"><report/>',
        "<report>" + "<a>" * 5000 + "</a>" * 5000 + "</report>",
        "<report><person>" + "<a/>" * 20_000 + "</person></report>",
    ],
    ids=["bomb", "bomb in an attribute", "a local file", "a remote document type", "deep", "a record without end"],
)
def test_hostile_documents_are_refused(make, verdict, document_) -> None:
    assert verdict(make("xml"), document_.encode()) == "unreadable-delivery"
