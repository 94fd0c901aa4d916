"""Every mistake in a file of households is named by row and column, says what was expected, and quotes no value."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hedui.registry.household_file
from catalogue.problems import Stop
from catalogue.text import keys
from hedui.registry.household_file.cells import letter
from hedui.registry.household_file.columns import COLUMNS
from hedui.registry.household_file.reading import read

# What was typed (row of the sheet, column, value) → the mistakes that it is named as.
ONE_CELL = [
    (2, "household", "", [(2, "household", "missing")]),
    (7, "household", "000003", [(7, "household", "reference")]),
    (7, "household", "H/3", [(7, "household", "reference")]),
    (7, "household", "320102196601010071", [(7, "household", "reference")]),
    (7, "household", "H320102196601010071", [(7, "household", "reference")]),
    (7, "household", "EXAMPLE-1", [(7, "household", "example")]),
    (7, "case", "C" * 33, [(7, "case", "reference")]),
    (7, "case", "", [(7, "case", "missing")]),
    (7, "county", "110101", [(7, "county", "county")]),
    (7, "county", "南京", [(7, "county", "county")]),
    (7, "county", "", [(7, "county", "missing")]),
    (7, "township", "x" * 65, [(7, "township", "short-text")]),
    (7, "case_kind", "later", [(7, "case_kind", "code")]),
    (7, "purpose", "", [(7, "purpose", "missing")]),
    (7, "purpose", "holiday", [(7, "purpose", "code")]),
    (7, "relation", "uncle", [(7, "relation", "code")]),
    (7, "member", "0", [(7, "member", "count")]),
    (7, "member", "1.5", [(7, "member", "whole-number")]),
    (7, "member", "one", [(7, "member", "amount")]),
    (7, "member", "", [(7, "member", "missing")]),
    (7, "name", "", [(7, "name", "missing")]),
    (7, "name", "　", [(7, "name", "missing")]),
    (7, "name", "13800001111", [(7, "name", "not-a-name")]),
    (7, "name", "赵" * 101, [(7, "name", "not-a-name")]),
    (7, "name", "王\u0001\u001b[31m五", [(7, "name", "unseen-character")]),
    (7, "name", "王\u202e五", [(7, "name", "unseen-character")]),
    (7, "resident_id", "9" * 65, [(7, "resident_id", "not-a-number")]),
    (7, "resident_id", "", [(7, "resident_id", "missing")]),
    (7, "resident_id", "3.20102E+17", [(7, "resident_id", "digits-lost")]),
    (7, "signed", "perhaps", [(7, "signed", "yes-no")]),
    (7, "signed", "", [(7, "signed", "missing")]),
    (7, "signed", "是", [(7, "authorisation", "signed-without-letter")]),
    (7, "authorisation", "S-3", [(7, "signed_on", "no-signing-date")]),
    (7, "authorisation", "S-2", [(7, "authorisation", "of-two-households"), (7, "signed_on", "no-signing-date")]),
    (7, "case", "C2026-000001", [(7, "case", "of-two-households")]),
    (7, "signed_on", "2026-01-05", [(7, "authorisation", "no-letter")]),
    (7, "valid_until", "2026-01-05", [(7, "authorisation", "no-letter")]),
    (2, "signed_on", "soon", [(2, "signed_on", "date")]),
    (2, "signed_on", "2026-02-30", [(2, "signed_on", "no-such-day")]),
    (2, "signed_on", "46027", [(2, "signed_on", "date")]),
    (2, "signed_on", "2026-01-05 10:30:00", [(2, "signed_on", "date")]),
    (2, "signed_on", "1926-01-05", [(2, "signed_on", "date-implausible")]),
    (2, "signed_on", "05.01.2026", [(2, "signed_on", "date")]),
    (7, "declared_monthly_income", "-1", [(7, "declared_monthly_income", "negative")]),
    (7, "declared_monthly_income", "1.2万", [(7, "declared_monthly_income", "amount-in-wan")]),
    (7, "declared_monthly_income", "2万元", [(7, "declared_monthly_income", "amount-in-wan")]),
    (7, "declared_monthly_income", "3.4E+06", [(7, "declared_monthly_income", "scientific")]),
    (7, "declared_monthly_income", "about 800", [(7, "declared_monthly_income", "amount")]),
    (7, "declared_monthly_income", "1,23", [(7, "declared_monthly_income", "amount")]),
    (7, "declared_monthly_income", "1.234", [(7, "declared_monthly_income", "amount-decimals")]),
    (7, "declared_financial_assets", "9" * 16, [(7, "declared_financial_assets", "amount-too-large")]),
    (7, "declared_vehicles", "0.5", [(7, "declared_vehicles", "whole-number")]),
    (7, "declared_houses", "100", [(7, "declared_houses", "count")]),
    (7, "declared_houses", "-1", [(7, "declared_houses", "count")]),
    (4, "guardian", "", [(4, "guardian", "minor-without-guardian")]),
    (4, "guardian", "3", [(4, "guardian", "own-guardian")]),
    (4, "guardian", "9", [(4, "guardian", "guardian-not-a-member")]),
    (3, "guardian", "3", [(3, "guardian", "guardian-minor")]),
    (3, "county", "320583", [(3, "county", "differs")]),
    (3, "authorisation", "", [(3, "authorisation", c) for c in ("differs", "no-letter", "signed-without-letter")]),
    (3, "revoked_on", "2026-02-01", [(3, "revoked_on", "differs")]),
    (3, "member", "1", [(3, "member", "member-repeated")]),
    (3, "relation", "self", [(3, "relation", "applicant-repeated")]),
]  # fmt: skip
WHOLE_HOUSEHOLD = [
    ({"valid_until": "2026-01-04"}, "valid_until", "before-signing"),
    ({"revoked_on": "2026-01-04"}, "revoked_on", "before-signing"),
]


def _said(path):
    reading = read(path)
    for mistake in [*reading.mistakes, *reading.warnings]:
        assert all(mistake.line(language) for language in ("zh", "en"))
    return [(mistake.row, mistake.column, mistake.code) for mistake in reading.mistakes]


def test_a_good_file_has_none(rows, write):
    assert _said(write(rows)) == []


@pytest.mark.parametrize(("row", "column", "value", "expected"), ONE_CELL)
def test_one_wrong_cell(rows, write, row, column, value, expected):
    rows[row - 2][column] = value
    path = write(rows)
    assert _said(path) == expected
    if len(value) > 3:
        for mistake in read(path).mistakes:
            assert value not in mistake.line("en") + mistake.line("zh")


@pytest.mark.parametrize(("cells", "column", "code"), WHOLE_HOUSEHOLD)
def test_one_wrong_household(rows, write, cells, column, code):
    path = write([row | cells if row["household"] == "H000001" else row for row in rows])
    assert _said(path) == [(row, column, code) for row in (2, 3, 4)]


def test_a_person_twice_in_a_household_even_in_two_spellings(rows, write):
    whole = rows[0]["resident_id"]
    rows[1]["resident_id"] = whole[:6] + whole[8:17]
    assert _said(write(rows)) == [(3, "resident_id", "person-repeated")]


def test_the_day_of_the_eighteenth_birthday(rows, write, id_number):
    rows[2] |= {"guardian": "", "resident_id": id_number(20080105, 13)}
    assert _said(write(rows)) == []
    rows[2] |= {"resident_id": id_number(20080106, 13)}
    assert _said(write(rows)) == [(4, "guardian", "minor-without-guardian")]


def test_every_mistake_of_a_file_is_named_at_once(rows, write):
    for row, column, value, _ in (case for case in ONE_CELL if case[1:3] in {("county", "110101"), ("signed", "")}):
        rows[row - 2][column] = value
    rows[0]["name"] = ""
    rows[1]["declared_houses"] = "x"
    assert _said(write(rows)) == [
        (2, "name", "missing"),
        (3, "declared_houses", "amount"),
        (7, "county", "county"),
        (7, "signed", "missing"),
    ]


def _csv(path, lines, encoding="utf-8"):
    path.write_text("\n".join(lines) + "\n", encoding, newline="")
    return path


def _lines(rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().splitlines()


def test_missing_unknown_and_repeated_headings(rows, tmp_path):
    heading, *people = _lines(rows)
    names = heading.split(",")
    unknown, repeated = names.index("name"), names.index("township")
    names[unknown], names[repeated] = "call me", "县区代码"
    path = _csv(tmp_path / "f", [",".join(names), *people])
    assert [said for said in _said(path) if said[0] == 1] == [
        (1, letter(unknown), "unknown-column"),
        (1, "county", "repeated-column"),
        (1, "name", "missing-column"),
    ]


def test_without_headings_the_first_person_is_not_quoted(rows, tmp_path):
    path = _csv(tmp_path / "f", _lines(rows)[1:])
    said = "".join(mistake.line("en") + mistake.line("zh") for mistake in read(path).mistakes)
    assert "missing from the first row" in said
    assert rows[0]["name"] not in said
    assert rows[0]["resident_id"] not in said


def test_cells_beyond_the_headings_and_blank_lines(rows, tmp_path):
    heading, *people = _lines(rows)
    people[1] += ",,surplus"
    people.insert(1, "," * 5)
    beyond = letter(heading.count(",") + 2)
    assert _said(_csv(tmp_path / "f", [heading, *people])) == [(4, beyond, "no-heading")]


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_called_as_a_spreadsheet_calls_them(index, letters):
    assert letter(index) == letters


def _workbook(path, fill, sheet_name="表"):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(sheet_name)
    fill(book, sheet)
    book.close()
    return path


def _fill(rows):
    def fill(_, sheet):
        for at, name in enumerate(COLUMNS):
            sheet.write_string(0, at, name)
            for number, row in enumerate(rows, start=1):
                sheet.write_string(number, at, row[name])

    return fill


def test_formulas_errors_and_merged_cells_are_named(rows, tmp_path):
    place = {name: at for at, name in enumerate(COLUMNS)}

    def fill(book, sheet):
        _fill(rows)(book, sheet)
        sheet.write_formula(1, place["declared_vehicles"], "=1+1", None, 2)
        sheet.write_formula(2, place["declared_houses"], "=NA()", None, "#N/A")
        sheet.merge_range(4, place["township"], 5, place["township"], "街道")

    assert _said(_workbook(tmp_path / "f.xlsx", fill)) == [
        (2, "declared_vehicles", "formula-cell"),
        (3, "declared_houses", "formula-cell"),
        (5, "township", "merged-cell"),
    ]


def test_a_formula_is_found_wherever_a_chunk_of_the_sheet_ends(rows, tmp_path, monkeypatch):
    def fill(book, sheet):
        _fill(rows)(book, sheet)
        for row in range(1, 7):
            sheet.write_formula(row, list(COLUMNS).index("declared_vehicles"), "=1+1", None, 2)

    path = _workbook(tmp_path / "f.xlsx", fill)
    with zipfile.ZipFile(path) as archive:
        ends = [found.start() for found in re.finditer(b"<f>", archive.read("xl/worksheets/sheet1.xml"))]
    read_all = zipfile.ZipExtFile.read
    for end in ends:
        monkeypatch.setattr(
            zipfile.ZipExtFile, "read", lambda self, n=-1, end=end: read_all(self, end if n == 1 << 20 else n)
        )
        assert [row for row, _, code in _said(path) if code == "formula-cell"] == [2, 3, 4, 5, 6, 7]


def test_a_number_cell_that_lost_its_digits_is_named(rows, tmp_path):
    def fill(book, sheet):
        _fill(rows)(book, sheet)
        place = list(COLUMNS).index("resident_id")
        sheet.write_number(6, place, 320102196601010071)
        sheet.write_number(1, place, 320102800315001)  # 15 digits are kept

    path = _workbook(tmp_path / "f.xlsx", fill)
    assert _said(path) == [(7, "resident_id", "digits-lost")]


def _zipped(name, content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
FILES = {
    "empty": (b"", "import-empty-file"),
    "old-xls": (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "import-old-xls"),
    "password": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "import-password"),
    "zip": (_zipped("a.txt", "x"), "import-not-a-spreadsheet"),
    "document": (_zipped("word/document.xml", "<x/>"), "import-not-a-spreadsheet"),
    "cut-zip": (_zipped("xl/workbook.xml", "x" * 999)[:300], "import-not-a-spreadsheet"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "import-not-a-spreadsheet"),
    "bytes": (bytes(range(256)) * 4, "import-not-a-spreadsheet"),
    "open-quote": (b'household,name\nH1,"open\n', "import-broken-csv"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_refused_as_a_whole(tmp_path, kind):
    content, code = FILES[kind]
    path = tmp_path / "households.xlsx"
    path.write_bytes(content)
    with pytest.raises(Stop) as stopped:
        read(path)
    assert stopped.value.code == code
    assert "households.xlsx" in stopped.value.message("zh")
    assert stopped.value.hint("en")


@pytest.mark.parametrize("path", ["nowhere.xlsx", "."])
def test_a_file_that_is_not_there(tmp_path, path):
    with pytest.raises(Stop) as stopped:
        read(tmp_path / path)
    assert stopped.value.code == "import-no-file"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_no_cell_whatever_it_holds_ends_in_anything_but_mistakes(rows, tmp_path, data):
    anything = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
    broken = [dict(row) for row in rows]
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, 5))][data.draw(st.sampled_from(list(COLUMNS)))] = data.draw(anything)
    path = tmp_path / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        writer.writerows(broken)
    reading = read(path)
    assert reading.mistakes or len(reading.table) == len(rows)


def test_there_are_words_for_every_mistake():
    folder = Path(hedui.registry.household_file.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in [*folder.glob("*.py"), folder.parent / "imports.py"])
    codes = set(re.findall(r'Fault\(\s*"([a-z-]+)"', sources))
    codes |= set(re.findall(r'Mistake\([^()]*(?:\([^()]*\)[^()]*)*"([a-z-]+)"[,)]', sources))
    codes |= set(re.findall(r'rows\.(?:of|against)\([^\n]*"([a-z-]+)"\)', sources))
    assert len(codes) > 30
    for language in ("zh", "en"):
        assert {f"household-mistake-{code}" for code in codes} <= keys(language)
