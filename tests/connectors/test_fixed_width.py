"""Fixed width, counted in bytes: round trips in every width, and cuts through characters."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import lines

WIDTHS = (20, 12, 12, 1, 12, 8)


def row(*cells: str, encoding: str = "gb18030", wide: bool = False) -> bytes:
    """Write one line; text is padded with full-width spaces where `wide`."""
    line = b""
    for cell, width in zip(cells, WIDTHS, strict=True):
        data = cell.encode(encoding)
        gap = width - len(data)
        padding = "\u3000".encode(encoding) * (gap // 2) + b" " * (gap % 2) if wide else b" " * gap
        line += data + padding
    assert len(line) == sum(WIDTHS), line
    return line


A = row("11010519491231002X", "张三", "6200001", "1", "000000001250", "20200131")
B = row("110105491231002", "买买提·吾", "6200002", "2", "-12.5", "19991231", wide=True)
GOOD = b"\n".join([b"H20260131", A, B, b"T2|1237.50", b""])


def test_padding_goes_and_zeros_are_figures(make, read) -> None:
    result = read(make("fixed_width"), GOOD)
    assert not result.rejects
    assert [(r["resident_id"], r["name"], r["account"]) for r in result.records] == [
        ("11010519491231002X", "张三", "6200001"),
        ("110105491231002", "买买提·吾", "6200002"),
    ]
    assert [r["balance"] for r in result.records] == [Decimal("1250.00"), Decimal("-12.50")]


fitting = st.text(
    st.characters(codec="gb18030", exclude_characters="\n\r\0\u3000 \ufffd\ufeff", exclude_categories=["Cs"]),
    max_size=12,
)


@settings(max_examples=40)
@given(
    names=st.lists(fitting.filter(lambda t: len(t.encode("gb18030")) <= 12), min_size=1, max_size=30),
    end=st.sampled_from([b"\n", b"\r\n"]),
    block=st.sampled_from([70, 300, 1 << 20]),
    wide=st.booleans(),
)
def test_what_is_written_is_read_back(make, read, monkeypatch, names, end, block, wide) -> None:
    monkeypatch.setattr(lines, "BLOCK", block)
    body = [row("11010519491231002X", name, str(i), "1", "1", "20200131", wide=wide) for i, name in enumerate(names)]
    result = read(make("fixed_width"), end.join([b"H20260131", *body, f"T{len(names)}|{len(names)}".encode(), b""]))
    assert not result.rejects
    assert [r["name"] or "" for r in result.records] == names
    assert [r["account"] for r in result.records] == [str(i) for i in range(len(names))]


def test_a_cut_through_a_character_rejects_that_row_alone(make, read) -> None:
    long = "欧阳上官司马".encode("gbk")  # 12 bytes, so that 11 of them end in half a character
    cut = A[:20] + b" " + long[:11] + A[32:]
    assert len(cut) == len(A)
    early = A[:19] + long[:1] + A[20:]  # half a character at the end of one column, a letter in the next
    swallowed = A[:31] + b"\xd5" + b"A" + A[33:]
    lines_ = [b"H20260131", A, cut, early, swallowed, *[B] * 4, b"T8|4950"]
    result = read(make("fixed_width"), b"\n".join(lines_))
    assert result.reasons == {2: "broken-character", 3: "broken-character", 4: "broken-character"}
    assert [r["row"] for r in result.records] == [1, 5, 6, 7, 8]


def test_a_row_of_another_length_is_set_aside(make, read) -> None:
    result = read(make("fixed_width"), b"\n".join([b"H20260131", A, B[:-2], B + b" ", B, b"", A, b"T5|0"]))
    assert result.reasons == {2: "wrong-length", 3: "wrong-length"}
    assert [r["row"] for r in result.records] == [1, 4, 5]
    assert result.rejects[0]["line"] == B[:-2].decode("gb18030")


UTF8 = b"\n".join(
    [
        b"H20260131",
        *(row("11010519491231002X", n, "1", "1", "1", "20200131", encoding="utf-8") for n in ("张三", "李四光")),
        b"T2|2",
    ]
)


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("sound", GOOD),
        ("sound", GOOD.rstrip()),
        ("empty-delivery", b""),
        ("empty-delivery", b"H20260131\nT2|1237.50\n"),
        ("truncated-delivery", GOOD[:-40]),
        ("truncated-delivery", GOOD[:-11]),
        ("wrong-encoding", GOOD.decode("gb18030").encode("utf-8")),
        ("wrong-encoding", UTF8),
        ("stale-delivery", GOOD.replace(b"H20260131", b"H20260130")),
        ("count-mismatch", GOOD.replace(b"T2", b"T1")),
        ("sum-mismatch", GOOD.replace(b"1237.50", b"1237.51")),
        ("missing-column", b"\n".join([b"H20260131", *[A[:20] + A[32:]] * 3, b"T3|3750.00"])),
    ],
)
def test_faults_of_a_whole_delivery_are_told_apart(make, verdict, code, delivery) -> None:
    assert verdict(make("fixed_width"), delivery) == code


def test_fen_and_ten_thousands_of_yuan_are_exact(make, read) -> None:
    line = row("1", "a", "1", "1", "000000000101", "20200131")
    for unit, amount in (("fen", "1.01"), ("yuan", "101.00"), ("wan_yuan", "1010000.00")):
        manifest = make("fixed_width", ('unit = "yuan"', f'unit = "{unit}"'))
        result = read(manifest, b"\n".join([b"H20260131", line, b"T1|101"]))
        assert [str(r["balance"]) for r in result.records] == [amount]
