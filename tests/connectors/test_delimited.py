"""Delimited files: whatever a writer writes is read back; every whole-file fault is told from the others."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import lines
from connectors.formats.parts import Said

NAMES = "CERT|NAME|ACCT|TYPE|BAL|OPEN\n"
ROWS = (
    "11010519491231002X|张三|6200001|1|12.50|20200131\n"
    "11010519491231002x|买买提·吾买尔|6200002|2|0.00|19991231\n"
    "110105491231002|李四|6200003|1|-3.05|20200229\n"
)
GOOD = "H20260131\n" + NAMES + ROWS + "T3|9.45\n"


def test_rows_become_records(make, read) -> None:
    result = read(make("delimited"), GOOD.encode("gb18030"))
    assert not result.rejects
    assert [r["record_id"] for r in result.records] == [f"bank_x:deposit:{n}" for n in (1, 2, 3)]
    assert [r["name"] for r in result.records] == ["张三", "买买提·吾买尔", "李四"]
    assert [r["kind"] for r in result.records] == ["demand", "fixed", "demand"]
    assert [r["balance"] for r in result.records] == [Decimal("12.50"), Decimal("0.00"), Decimal("-3.05")]
    assert {r["as_of"].isoformat() for r in result.records} == {"2026-01-31"}
    assert {r["id_key"] for r in result.records} == {None}


cell = st.text(
    st.characters(codec="gb18030", exclude_characters='|\n\r\0"\ufeff\ufffd', exclude_categories=["Cs"]), max_size=12
)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(cell, cell, cell), max_size=30),
    header=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(["|", "\x01", ","]),
    block=st.sampled_from([64, 300, 1 << 20]),
)
def test_what_is_written_is_read_back(make, read, monkeypatch, rows, header, end, delimiter, block) -> None:
    monkeypatch.setattr(lines, "BLOCK", block)
    rows = [tuple(c.replace(delimiter, "") for c in row) for row in rows]
    written = delimiter.replace("\x01", "\\u0001")
    manifest = make(
        "delimited" if header else "headerless",
        ('delimiter = "|"', f'delimiter = "{written}"'),
        ('category = "deposit"', 'category = "deposit"\nmay_be_empty = true'),
    )
    body = [delimiter.join([*row, "1", "1.00", "20200131"]) for row in rows]
    names = [delimiter.join(NAMES.strip().split("|"))] if header else []
    text = end.join(["H20260131", *names, *body, f"T{len(rows)}|{len(rows)}.00", ""])
    result = read(manifest, text.encode("gb18030"))
    assert not result.rejects
    assert [r["row"] for r in result.records] == list(range(1, len(rows) + 1))
    assert [(r["resident_id"] or "", r["name"] or "") for r in result.records] == [
        (a if a.strip(" \u3000") else "", b if b.strip(" \u3000") else "") for a, b, _ in rows
    ]
    assert [r["account"] or "" for r in result.records] == [c.strip(" \u3000") for _, _, c in rows]


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("sound", GOOD.encode("gbk")),
        ("sound", GOOD.strip().encode("gbk")),  # no line end at the end
        ("sound", (GOOD + "\n\r\n").encode("gbk")),
        ("empty-delivery", b""),
        ("empty-delivery", b"\n"),
        ("empty-delivery", ("H20260131\n" + NAMES + "T3|9.45\n").encode()),
        ("empty-delivery", ("H20260131\n" + NAMES + "T0|0.00\n").encode()),
        ("truncated-delivery", GOOD.encode("gbk")[:-30]),
        ("truncated-delivery", GOOD.rpartition("T")[0].encode("gbk")),
        ("truncated-delivery", ("H20260131\n" + NAMES).encode("gbk")),
        ("wrong-encoding", GOOD.encode("utf-8")),
        ("wrong-encoding", GOOD.encode("utf-8-sig")),
        ("wrong-encoding", GOOD.encode("utf-16")),
        ("stale-delivery", GOOD.replace("H20260131", "H20260130").encode("gbk")),
        ("count-mismatch", GOOD.replace("T3", "T2").encode("gbk")),
        ("count-mismatch", GOOD.replace("T3", "T4").encode("gbk")),
        ("sum-mismatch", GOOD.replace("9.45", "9.44").encode("gbk")),
        ("missing-column", GOOD.replace("ACCT", "KONTO").encode("gbk")),
        ("column-twice", GOOD.replace("OPEN", "OPEN|ACCT").encode("gbk")),
        ("control-unreadable", GOOD.replace("H20260131", "20260131").encode("gbk")),
        ("control-unreadable", GOOD.replace("H20260131", "H20261331").encode("gbk")),
    ],
)
def test_faults_of_a_whole_delivery_are_told_apart(make, verdict, code, delivery) -> None:
    expected = {b"\n": "control-unreadable"}.get(delivery, code)
    assert verdict(make("delimited"), delivery) == expected


@pytest.mark.parametrize(("encoding", "foreign"), [("utf-8", 3), ("gb18030", 0)])
def test_utf8_is_heard_even_where_it_reads_as_gb(encoding, foreign) -> None:
    said = Said()
    lines.in_utf8("张三\n海棠\n玉兰\n".encode(encoding) * 2, "gb18030", said)
    assert (said.foreign, said.spoken) == (2 * foreign, 6)


def test_a_left_out_column_shows_without_a_line_of_names(make, verdict) -> None:
    text = "H20260131\n" + "".join(line.replace("|1|", "|") + "\n" for line in ROWS.splitlines() * 5) + "T15|1\n"
    assert verdict(make("headerless"), text.encode("gbk")) == "missing-column"


def test_no_rows_is_an_answer_where_the_manifest_says_so(make, verdict) -> None:
    manifest = make("delimited", ('category = "deposit"', 'category = "deposit"\nmay_be_empty = true'))
    assert verdict(manifest, ("H20260131\n" + NAMES + "T0|0.00\n").encode()) == "sound"
    assert verdict(manifest, ("H20260131\n" + NAMES + "T3|9.45\n").encode()) == "empty-delivery"
    assert verdict(manifest, b"") == "empty-delivery"


def test_a_bad_row_is_set_aside_with_its_line_and_the_rest_goes_on(make, read) -> None:
    rows = [
        "11010519491231002X|张三|1|1|12.50|20200131",
        "11010519491231002X|张三|2|9|12.50|20200131",
        "11010519491231002X|张三|3|1|12,50|20200131",
        "11010519491231002X|张三|4|1|12.50|20200231",
        "11010519491231002X|张三|5|1|12.50",
        "11010519491231002X|张三|6|1|12.50|20200131|x",
        "11010519491231002X|张\0三|7|1|12.50|20200131",
        "|张三|8|1||",
    ]
    data = ("H20260131\n" + NAMES + "\n".join(rows) + "\nT10|125.00\n").encode("gbk")
    cut = b"11010519491231002X|" + b"\xd5\xc5\xc8\xff" + b"|9|1|12.50|20200131\n"
    again = (rows[0].replace("|1|1|", "|10|1|") + "\n").encode("gbk")
    data = data.replace(b"T10", cut + again + b"T10")
    result = read(make("delimited"), data)
    assert result.reasons == {
        2: "unknown-code", 3: "bad-money", 4: "bad-date", 5: "wrong-field-count", 6: "wrong-field-count",
        7: "broken-character", 9: "broken-character",
    }  # fmt: skip
    assert [r["account"] for r in result.records] == ["1", "8", "10"]
    assert result.rejects[0]["line"] == rows[1]
    assert result.rejects[0]["item"] == "kind"
    assert result.rejects[3]["line"] == rows[4]
    last = result.records[1]
    assert (last["resident_id"], last["balance"], last["opened_on"]) == (None, None, None)


def test_the_sum_counts_rows_that_are_bad_for_another_reason(make, verdict) -> None:
    text = GOOD.replace("|1|12.50|", "|7|12.50|")
    assert verdict(make("delimited"), text.encode("gbk")) == "sound"
    assert verdict(make("delimited"), text.replace("9.45", "9.46").encode("gbk")) == "sum-mismatch"


UNREAD = GOOD.replace("|-3.05|", "|3.05|").replace("|12.50|", "|12.5O|")


@pytest.mark.parametrize("total", ["3.05", "15.55", "99999"])
def test_with_an_amount_that_cannot_be_read_the_others_are_a_part_of_the_sum(make, read, total) -> None:
    result = read(make("delimited"), UNREAD.replace("|9.45", f"|{total}").encode("gbk"))
    assert result.reasons == {1: "bad-money"}


def test_an_amount_that_cannot_be_read_does_not_switch_off_the_sum(make, verdict) -> None:
    assert verdict(make("delimited"), UNREAD.replace("|9.45", "|3.04").encode("gbk")) == "sum-mismatch"
    text = UNREAD.replace("|6200001|1|12.5O|", "|6200001|12.50|").replace("|9.45", "|3.04")  # a row that does not fit
    assert verdict(make("delimited"), text.encode("gbk")) == "sum-mismatch"


def test_where_amounts_are_negative_too_a_part_can_exceed_the_sum(make, verdict) -> None:
    text = UNREAD.replace("|0.00|", "|-1.00|").replace("|9.45", "|-20.00")
    assert verdict(make("delimited"), text.encode("gbk")) == "sound"


def test_ids_and_names_stay_as_delivered(make, read) -> None:
    text = GOOD.replace("11010519491231002X|张三", "1101051949123１002X\t| 张三\u3000").encode("gb18030")
    first = read(make("delimited"), text).records[0]
    assert (first["resident_id"], first["name"]) == ("1101051949123１002X\t", " 张三\u3000")


def test_rare_characters_of_gb18030_and_the_dot_of_gbk(make, read) -> None:
    text = GOOD.replace("张三", "𠮷䶮").replace("买买提·吾买尔", "阿•丹")
    assert [r["name"] for r in read(make("delimited"), text.encode("gb18030")).records][:2] == ["𠮷䶮", "阿•丹"]


def test_quotes_hold_delimiters_and_line_breaks(make, read) -> None:
    manifest = make("delimited", ("header = true }", "header = true, quote = '\"' }"), ('"gb18030"', '"utf-8"'))
    rows = [
        '11010519491231002X|"张|三"|"A""1"|1|12.50|20200131',
        '11010519491231002X|"张\n三"|A2|1|12.50|20200131',
        '11010519491231002X|"李\n四"|A3|5|12.50|20200131',
    ]
    text = "\ufeffH20260131\r\n" + NAMES.replace("NAME", '"NAME"') + "\r\n".join(rows) + "\r\nT3|37.50\r\n"
    result = read(manifest, text.encode())
    assert [(r["name"], r["account"]) for r in result.records] == [("张|三", 'A"1'), ("张\n三", "A2")]
    assert [(r["row"], r["reason"], r["line"]) for r in result.rejects] == [(3, "unknown-code", rows[2])]


def test_without_quoting_a_quote_is_a_letter(make, read) -> None:
    assert read(make("delimited"), GOOD.replace("张三", '"张三').encode("gbk")).records[0]["name"] == '"张三'


def test_a_companion_tells_truncation_from_a_wrong_count(make, read, verdict) -> None:
    manifest = make(
        "delimited",
        ("header = 'H(?P<date>\\d{8})'\ntrailer = 'T(?P<count>\\d+)\\|(?P<sum>-?[\\d.]+)'",
         ('path = "{date:%Y%m%d}.ctl"\n'
         "pattern = 'D=(?P<date>\\d+).*N=(?P<count>\\d+).*B=(?P<bytes>\\d+).*S=(?P<sum>.+)$'")),
        ('kind = "lines"', 'kind = "companion"'),
    )  # fmt: skip
    data = (NAMES + ROWS).encode("gb18030")
    control = f"D=20260131\nN=3\nB={len(data)}\nS=9.45".encode()
    assert len(read(manifest, {"delivery": data, "control": control}).records) == 3
    cut_at_a_line = (NAMES + "\n".join(ROWS.splitlines()[:2]) + "\n").encode("gb18030")
    assert verdict(manifest, {"delivery": cut_at_a_line, "control": control}) == "truncated-delivery"
    assert verdict(manifest, {"delivery": data, "control": control.replace(b"N=3", b"N=2")}) == "count-mismatch"
    assert verdict(manifest, {"delivery": data + b"\n", "control": control}) == "size-mismatch"
    assert verdict(manifest, {"delivery": data, "control": control.replace(b"S=9", b"S=8")}) == "sum-mismatch"
    assert verdict(manifest, {"delivery": data, "control": control.replace(b"0131", b"0130")}) == "stale-delivery"
    assert verdict(manifest, {"delivery": data, "control": b"D=2026"}) == "control-unreadable"
    assert verdict(manifest, {"delivery": data, "control": b"\xff\xfe"}) == "control-unreadable"
