"""Resident IDs: spelling, validity and encoding."""

import datetime as dt
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import documents, repair, resident_id
from matching.columns import OTHER

VALID = ("11010519491231002X", "440524188001010014")


def key(text: str | None) -> int | None:
    return resident_id.encode(pa.array([text], pa.string()))[0].as_py()


def complete(body: str) -> str:
    """Append the check character by the standard's arithmetic, written out plainly."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def numbers() -> st.SearchStrategy[str]:
    return st.builds(
        lambda region, born, sequence: complete(f"{region:06d}{born:%Y%m%d}{sequence:03d}"),
        st.integers(100_000, 999_999),
        st.dates(dt.date(1880, 1, 1), dt.date(2100, 12, 31)),
        st.integers(0, 999),
    )


@pytest.mark.parametrize("number", VALID)
def test_known_numbers_encode_to_their_17_digits(number: str) -> None:
    assert key(number) == int(number[:17])


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 11010519491231002X",
        "11010519491231002X\t",
        "'11010519491231002X",
        "\u201811010519491231002X",
        "`11010519491231002x ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ\u3000",
        "110105 19491231 002X",
        "110105\u00a019491231\u00a0002X",
        "\ufeff11010519491231002X\u200b",
        "11010519491231002X\r\n",
        "'　１１０１０５19491231002x",
        "11010519491231002X\x00",
        "11010519491231002X\x1f\x85\v»",
        '"11010519491231002X"',
        '="11010519491231002X"',
        "=11010519491231002x",
        "“11010519491231002X”",
        "「 11010519491231002X 」",
        "(11010519491231002X)",
        "（１１０１０５１９４９１２３１００２Ｘ）",
        "【11010519491231002X】",
        "身份证:11010519491231002X",
        "身份证号码：“11010519491231002X”",
        "居民身份证号 11010519491231002X",
        "公民身份号码:11010519491231002X。",
        "(身份证：11010519491231002X)",
        "ID:11010519491231002X",
        "证件号码：11010519491231002X",
        "No.11010519491231002x",
        "二代证11010519491231002X",
        "护照11010519491231002X",
        "+11010519491231002X",
        "11010519491231002X(本人)",
        "11010519491231002X（王晓明）/",
        "11010519491231002X.0",
        "id： 11010519491231002x",
        "11010519491231002X;",
        "11010519491231002X，",
        "11010519491231002X.",
        "11010519491231002X．”",
        "11010519491231002X。",
        "11010519491231002X、,",
        "(11010519491231002X).",
        "110105\u00ad19491231\u00ad002X\u180e\u2061",
        "110105-19491231-002X",
        "110105.19491231.002x",
        "110105/19491231/002X",
        "110105－19491231–002X",
        "110105-19491231002X",
        "110105 - 1949/12/31 - 002X",
        '="110105-1949.12.31-002X";',
    ],
)
def test_ways_of_typing_one_number(typed: str) -> None:
    assert resident_id.clean(pa.array([typed]))[0].as_py() == "11010519491231002X"
    assert key(typed) == 11010519491231002


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("110105-491231-002", "110105491231002"),
        ("110105-19491231-0021", "110105194912310021"),
        ("身份证:320102********1234", "320102********1234"),
        ('"320102--------1234"', "320102********1234"),
        ("(320102……1234).", "320102**1234"),
        ("320102********-1234", "320102*********1234"),
        ('="E12345678"', "E12345678"),
        ("(E12345678)", "(E12345678)"),
        ("H012345(6)", "H012345(6)"),
        ("E-1234-5678.", "E-1234-5678."),
        ("=", None),
    ],
)
def test_what_is_typed_around_other_values(typed: str, cleaned: str | None) -> None:
    assert resident_id.clean(pa.array([typed, "x"]))[0].as_py() == cleaned


@pytest.mark.parametrize(
    "typed",
    [
        "ID11010519491231002X",
        "110105--19491231-002X",
        "11010-519491231002X",
        "110105-1949-1231-002X",
        "110105-1949/12-31-002X",
        "11010519491231002X/110105194912310021",
        "11010519491231002X、11010519491231002X",
        "11010519491231002X(110105491231002)",
        "11010519491231002X(1)",
        "110105491231002-1",
        "XX11010519491231002X",
        "11010519491231002X1",
        "110105194912310021(本人)",
    ],
)
def test_more_than_a_number_is_none(typed: str) -> None:
    assert key(typed) is None


PIECES = (*VALID, "110105491231002", "110105", "19491231", "1949", "12", "31", "002X", "491231", "002", "1", "x", "ID:",
          "ID", "身份证:", "身份证号码", *"-./*()“”\"'=;。、 ", "--", "\u00ad", "护照")  # fmt: skip


@settings(deadline=None, max_examples=300)  # other work on the machine is no failure
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_cleaning_neither_drops_nor_moves_a_character_of_a_number(typed: str) -> None:
    cleaned = resident_id.clean(pa.array([typed], pa.string()))
    assert resident_id.clean(cleaned).equals(cleaned)
    assert key(cleaned[0].as_py()) == key(typed)
    if key(typed) is not None:
        assert re.sub("[^0-9X]", "", typed.upper()) == cleaned[0].as_py()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", "valid18"),
        ("110105491231002", "valid15"),
        ("110105491231997", "old_sequence"),
        ("110105491331002", "bad_date"),
        ("3.20102E+17", "scientific"),
        ("3.2010219900101e+17", "scientific"),
        (None, "empty"),
        (" \t\u3000", "empty"),
        ("320102********1234", "masked"),
        ("３２０１０２＊＊＊＊＊＊＊＊１２３４", "masked"),
        ("320102XXXXXXXX123X", "masked"),
        ("**************1234", "masked"),
        ("320102●●●●●●●●1234", "masked"),
        ("3201**1990****1234", "masked"),
        ("????????", "masked"),
        ("1101**491231***", "masked"),
        ("320102--------1234", "masked"),
        ("320102___1234", "masked"),
        ("320102……1234", "masked"),
        ("320102□□□□□□□□1234", "masked"),
        ("1101XX194912310021", "masked"),
        ("X12", "other"),  # one X hides nothing
        ("1X2X3", "other"),
        ("--", "other"),
        ("N/A", "other"),
        ("1101051949X231002X", "other"),
        ("110105194912310021", "bad_check"),
        ("11010519491331002X", "bad_check"),
        (complete("11010519490229001"), "bad_date"),
        (complete("11010518791231001"), "bad_date"),
        (complete("01010519491231001"), "bad_date"),
        ("1101051949", "wrong_length"),
        ("1101051949123100211", "wrong_length"),
        ("ABC123456789012", "old_card"),
        ("E12345678", "other"),
        ("军字第0012345号", "other"),
        ("11010519491231002Y", "other"),
        ("1101051949123I0021", "other"),
    ],
)
def test_kinds(text: str | None, kind: str) -> None:
    assert resident_id.kinds(pa.array([text], pa.string()))[0].as_py() == kind
    assert (key(text) is not None) == kind.startswith("valid")


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("320102--------1234", "320102********1234"),
        ("320102-------1234", "320102*******1234"),
        ("320102－－－－－－－－1234", "320102********1234"),
        ("E12----78", "E12****78"),
        ("E12...78", "E12***78"),
        ("E12…78", "E12*78"),
        ("E12 - - 78", "E12**78"),
        ("E12～～78", "E12**78"),
        ("E12＿＿78", "E12__78"),
        ("E-1234-5678", "E-1234-5678"),
        ("--", "--"),
    ],
)
def test_what_hides_a_place_becomes_a_star(typed: str, cleaned: str) -> None:
    assert resident_id.clean(pa.array([typed]))[0].as_py() == cleaned
    assert resident_id.clean(pa.array([cleaned]))[0].as_py() == cleaned
    assert resident_id.hidden(pa.array([cleaned]))[0] == ("*" in cleaned or "_" in cleaned)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.text("0123456789X*#?_-.E军", max_size=19), min_size=1, max_size=40))
def test_one_definition_of_a_mask(texts: list[str]) -> None:
    cleaned = resident_id.clean(pa.array(texts, pa.string())).fill_null("")
    hidden, masked = resident_id.hidden(cleaned), resident_id.masked(cleaned)
    for text, hides, mask in zip(cleaned.to_pylist(), hidden.tolist(), masked.tolist(), strict=True):
        assert hides == (any(mark in text for mark in "*#?_") or "XX" in text)
        assert mask == (hides and set(text) <= set("0123456789X*#?_"))
    assert masked.tolist() == [kind == "masked" for kind in resident_id.kinds(cleaned).to_pylist()]
    shown = repair.masks(cleaned).any(axis=1)
    assert not (shown & ~masked).any()
    assert not (documents.opaque_keys(cleaned, np.full(len(cleaned), OTHER))[hidden] > 0).any()
    assert not (documents.text_keys(cleaned)[hidden] > 0).any()


def test_fifteen_digits_become_the_number_of_the_same_person() -> None:
    assert key("110105491231002") == key("11010519491231002X")
    assert key("810000941008230") is None  # permits and cards were never issued with 15


def test_neither_a_clock_nor_a_table_of_regions_is_asked() -> None:
    assert key(complete("32010221000101001")) == 32010221000101001
    assert key(complete("99999919900101001")) == 99999919900101001


def test_scientific_notation_never_becomes_a_number() -> None:
    texts = [f"3.2010219900101123{digit}E+17" for digit in range(10)] + ["320102199001011234.0", "3.20E17"]
    assert resident_id.encode(pa.array(texts)).null_count == len(texts)


def test_permits_and_cards_encode_without_a_region() -> None:
    numbers_ = [complete(body + "19940823002") for body in ("810000", "820000", "830000", "932156", "320102")]
    described = resident_id.describe(resident_id.encode(pa.array(numbers_)))
    assert described.column("region").to_pylist() == [None, None, None, None, "320102"]
    assert described.column("birth_date").to_pylist() == [dt.date(1994, 8, 23)] * 5
    assert described.column("sex").to_pylist() == ["female"] * 5


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.one_of(numbers(), st.none()), max_size=50))
def test_round_trip_and_description(texts: list[str | None]) -> None:
    keys = resident_id.encode(pa.array(texts, pa.string()))
    assert resident_id.decode(keys).to_pylist() == texts
    for text, told in zip(texts, resident_id.describe(keys).to_pylist(), strict=True):
        if text is None:
            assert set(told.values()) == {None}
        else:
            assert f"{told['birth_date']:%Y%m%d}" == text[6:14]
            assert told["sex"] == ("male" if int(text[16]) % 2 else "female")
            foreign = text[0] == "9" or text[:2] in ("81", "82", "83")
            assert told["region"] == (None if foreign or int(text[:6]) >= 810_000 else text[:6])


@settings(deadline=None)  # other work on the machine is no failure
@given(numbers())
def test_one_wrong_digit_or_neighbour_swap_is_never_valid(number: str) -> None:
    alphabet = "0123456789X"
    wrong = [
        number[:place] + other + number[place + 1 :]
        for place in range(18)
        for other in alphabet
        if other != number[place]
    ]
    wrong += [
        number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        for place in range(17)
        if number[place] != number[place + 1]
    ]
    assert resident_id.encode(pa.array(wrong)).null_count == len(wrong)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.one_of(st.none(), st.text(max_size=24), numbers()), max_size=40))
def test_any_text_is_handled_and_slices_do_not_matter(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    keys = resident_id.encode(array)
    assert len(keys) == len(texts)
    middle = len(texts) // 2
    parts = pa.chunked_array([array.slice(0, middle), array.slice(middle)])
    assert resident_id.encode(parts).equals(keys)
    assert resident_id.encode(array.slice(middle)).equals(keys.slice(middle))
    kinds = resident_id.kinds(array).to_pylist()
    assert [kind.startswith("valid") for kind in kinds] == keys.is_valid().to_pylist()
    again = resident_id.clean(resident_id.clean(array))
    assert again.equals(resident_id.clean(array))
    assert resident_id.standard(resident_id.standard(array)).equals(resident_id.standard(array))


def plainly(text: str) -> int:
    """The key by the rules written out one by one, for texts of 18 characters."""
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return 0
    digits = text[:17].isascii() and text[:17].isdigit() and text[0] != "0"
    return int(text[:17]) if digits and 1880 <= born.year <= 2100 and complete(text[:17]) == text else 0


def test_any_byte_at_any_place() -> None:
    """The reader takes eight characters at a time: each of them is looked at, and none spills into its neighbour."""
    texts = [
        number[:place] + chr(byte) + number[place + 1 :]
        for number in VALID
        for place in range(18)
        for byte in range(128)
    ]
    texts = [text for text in texts if text == resident_id.clean(pa.array([text]))[0].as_py()]
    assert len(texts) > 3_000
    assert resident_id.keys(pa.array(texts)).tolist() == [plainly(text) for text in texts]


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.text("0123456789:/X", min_size=18, max_size=18).map(lambda text: text[:17] + "X"), max_size=40))
def test_noise_of_the_right_length(texts: list[str]) -> None:
    assert resident_id.keys(pa.array(texts, pa.string())).tolist() == [plainly(text) for text in texts]


def test_every_birth_date() -> None:
    """Every month and day that eight digits can write, right check character or not."""
    dates = [f"{year:04d}{month:02d}{day:02d}" for year in (1879, 1880, 1900, 2000, 2023, 2024, 2100, 2101, 9999)
             for month in range(100) for day in range(100)]  # fmt: skip
    texts = [complete(f"320102{date}001") for date in dates]
    assert resident_id.keys(pa.array(texts)).tolist() == [plainly(text) for text in texts]


def test_keys_are_encode_with_zero_for_null() -> None:
    texts = pa.array([VALID[0], None, "", " " + VALID[1], "110105491231002", "x", "\u3000"])
    assert resident_id.keys(texts).tolist() == resident_id.encode(texts).fill_null(0).to_pylist()
    assert resident_id.keys(texts).dtype == np.int64
    assert resident_id.keys(pa.chunked_array([texts.slice(3), texts.slice(0, 3)])).tolist() == [
        *resident_id.keys(texts)[3:],
        *resident_id.keys(texts)[:3],
    ]
    assert resident_id.keys(pa.chunked_array([], pa.string())).tolist() == []
    assert resident_id.keys(texts.dictionary_encode()).tolist() == resident_id.keys(texts).tolist()
    assert resident_id.keys(texts.cast(pa.large_string())).tolist() == resident_id.keys(texts).tolist()


def test_threads_never_meet() -> None:
    columns = [
        resident_id.decode(pa.array(32010219900101000 + start * 10**11 + np.arange(50_000) % 1000))
        for start in range(8)
    ]
    alone = [resident_id.keys(column) for column in columns]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(resident_id.keys, columns * 4))
    assert all(np.array_equal(one, alone[at % 8]) for at, one in enumerate(together))
    assert all((one > 0).all() for one in alone)


def test_no_value_is_ever_in_an_error() -> None:
    odd = pa.array(["11010519491231002X" * 1000, "\U0001f600" * 18, "１" * 18, "0" * 18, "9" * 18, "X" * 18])
    assert resident_id.encode(odd).null_count == len(odd)


def test_matching_needs_nothing_else_of_ours() -> None:
    script = (
        "import sys, matching.match, matching.names, matching.resident_id, matching.scoring\n"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('catalogue','connectors','expectations','hedui','airflow','great_expectations','pandas','duckdb')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\[\]\s*", done.stdout)


def test_large_input_in_blocks() -> None:
    keys = 32010219900101000 + np.arange(70_000) % 1000 + (np.arange(70_000) // 1000) * 10**11
    texts = resident_id.decode(pa.array(keys))
    assert resident_id.encode(texts).to_numpy().tolist() == keys.tolist()
    half = pa.array([t if i % 2 else f" {t} " for i, t in enumerate(texts.to_pylist())])
    assert resident_id.encode(half).to_numpy().tolist() == keys.tolist()
