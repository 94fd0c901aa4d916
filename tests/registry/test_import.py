"""Households through their door: whole or not at all, again without doing anything twice, changes kept."""

import csv
import io
import json
import multiprocessing
import os
import signal
from datetime import date

import pytest
import xlsxwriter
from sqlalchemy import func, select, update

from catalogue.problems import Stop
from catalogue.text import text
from hedui.keys import installation
from hedui.registry import database, imports, people
from hedui.registry.household_file import columns
from hedui.registry.household_file.reading import read
from hedui.registry.models import (
    Authorisation,
    AuthorisationMember,
    Case,
    Household,
    HouseholdChange,
    Import,
    Member,
)
from hedui.registry.saving import states
from hedui.settings import Settings

NUMBERS = ("member", "guardian", "declared_vehicles", "declared_houses")
AMOUNTS = ("declared_monthly_income", "declared_financial_assets")
DATES = ("signed_on", "valid_until", "revoked_on")


def _take_in(engine, keyring, path):
    with database.session(engine) as session:
        return people.import_file(session, keyring, path)


def _states(engine, keyring):
    with database.session(engine, readonly=True) as session:
        return states(session, keyring, session.scalars(select(Household.ref)).all())


def _count(engine, model):
    with database.session(engine, readonly=True) as session:
        return session.scalar(select(func.count()).select_from(model))


def _changed(rows, household, member=None, **cells):
    return [row | cells if row["household"] == household and member in {None, row["member"]} else row for row in rows]


def test_a_file_arrives_as_it_was_written(engine, keyring, rows, write):
    result = _take_in(engine, keyring, write(rows))
    assert (result.mistakes, result.warnings, result.taken_in) == ((), (), True)
    assert (result.rows, result.households, result.new, result.updated, result.unchanged) == (6, 3, 3, 0, 0)
    found = _states(engine, keyring)
    family = found["H000001"]
    assert family["place"] == {"county": "320102", "township": "玄武门街道"}
    assert family["case"] == [["C2026-000001", "new", "allowance", "open"]]
    assert family["authorisation"] == [
        ["S2026-000001", "2026-01-05", None, None],
        ["H000001-1", None],
        ["H000001-2", None],
        ["H000001-3", "H000001-1"],
    ]
    assert [(m[0], m[1], m[2]) for m in family["members"]] == [
        ("H000001-1", "self", "欧阳示例"),
        ("H000001-2", "spouse", "阿依古丽·买买提"),
        ("H000001-3", "child", "欧阳小例"),
    ]
    assert family["declared"] == [
        ["H000001-1", {"monthly_income": "1830.50", "financial_assets": "0.00", "houses": 1}],
        ["H000001-2", None],
        ["H000001-3", None],
    ]
    assert found["H000002"]["authorisation"] == [["S-2", "2026-01-05", None, None], ["H000002-1", None]]
    assert found["H000003"]["authorisation"] == []


def _csv(rows, headings, encoding, delimiter=",", mark=b""):
    text_ = io.StringIO(newline="")
    writer = csv.writer(text_, delimiter=delimiter)
    writer.writerow(headings.values())
    writer.writerows([[row[name] for name in headings] for row in rows])
    return mark + text_.getvalue().encode(encoding)


def _xlsx(rows, headings, *, left=0, texts=False):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet = book.add_worksheet("表")
    day = book.add_format({"num_format": "yyyy/m/d"})
    for at, heading in enumerate(headings.values(), start=left):
        sheet.write_string(0, at, heading)
    for number, row in enumerate(rows, start=1):
        for at, name in enumerate(headings, start=left):
            value = row[name]
            if not value:
                continue
            if texts:
                sheet.write_string(number, at, f"{value} ")
            elif name in DATES:
                sheet.write_datetime(number, at, date.fromisoformat(value), day)
            elif name in NUMBERS + AMOUNTS or name == "county":
                sheet.write_number(number, at, float(value))
            elif name == "signed":
                sheet.write_boolean(number, at, value == "是")
            else:
                sheet.write_string(number, at, value)
    book.add_worksheet("说明").write_string(0, 0, "not looked at")
    book.close()
    return content.getvalue()


ID = {name: name for name in columns.COLUMNS}
ZH = {name: text(f"household-column-{name}", "zh") for name in columns.COLUMNS}
EN = {name: text(f"household-column-{name}", "en").upper() for name in columns.COLUMNS}
MIXED = dict(sorted(ZH.items(), key=lambda item: item[1]))
FORMS = {
    "csv-utf8": lambda rows: _csv(rows, ID, "utf-8"),
    "csv-utf8-bom": lambda rows: _csv(rows, ZH, "utf-8", mark=b"\xef\xbb\xbf"),
    "csv-gb18030": lambda rows: _csv(rows, MIXED, "gb18030"),
    "csv-utf16-tabs": lambda rows: _csv(rows, EN, "utf-16", "\t"),
    "csv-semicolons": lambda rows: _csv(rows, ZH, "utf-8", ";"),
    "xlsx-types": lambda rows: _xlsx(rows, ZH),
    "xlsx-texts": lambda rows: _xlsx(rows, MIXED, texts=True),
    "xlsx-shifted": lambda rows: _xlsx(rows, EN, left=3),
    "rows-apart": lambda rows: _csv([*rows[::2], *rows[1::2]], ID, "utf-8"),
    "words": lambda rows: _csv(
        [
            row
            | {"case_kind": " 新申请", "purpose": "低保", "signed_on": "2026年1月5日" if row["signed_on"] else ""}
            | {"relation": text(f"relation-{row['relation']}", "zh"), "signed": {"是": "Ｙ", "否": "no"}[row["signed"]]}
            | {
                "resident_id": f"'{row['resident_id'].lower()}\t",
                "county": "３２０１０２" if row["county"] == "320102" else "320583",
            }
            for row in rows
        ],
        ID,
        "utf-8",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_households_in_any_form_are_the_same(engine, keyring, rows, write, tmp_path, form):
    assert _take_in(engine, keyring, write(rows)).new == 3
    path = tmp_path / "file"
    path.write_bytes(FORMS[form](rows))
    result = _take_in(engine, keyring, path)
    assert [mistake.line("en") for mistake in result.mistakes] == []
    assert (result.new, result.updated, result.unchanged) == (0, 0, 3)


def test_the_same_file_again_changes_nothing(engine, keyring, rows, write):
    path = write(rows)
    _take_in(engine, keyring, path)
    before = _states(engine, keyring)
    result = _take_in(engine, keyring, path)
    assert (result.new, result.updated, result.unchanged, result.changed) == (0, 0, 3, {})
    assert _states(engine, keyring) == before
    assert (_count(engine, Member), _count(engine, HouseholdChange), _count(engine, Import)) == (6, 0, 2)


def test_what_a_household_was_before_is_kept(engine, keyring, rows, write, id_number):
    _take_in(engine, keyring, write(rows))
    before = _states(engine, keyring)["H000001"]
    changed = _changed(rows, "H000001", authorisation="S2026-000009", signed_on="2026-03-01")
    changed = [row for row in changed if (row["household"], row["member"]) != ("H000001", "2")]
    changed.append(changed[0] | {"member": "4", "relation": "parent", "resident_id": id_number(19500101, 9)})
    changed = _changed(changed, "H000002", member="2", signed="是")
    result = _take_in(engine, keyring, write(changed))
    assert (result.new, result.updated, result.unchanged) == (0, 2, 1)
    assert result.changed == {"authorisation": 2, "declared": 1, "members": 1}
    after = _states(engine, keyring)["H000001"]
    assert [member[0] for member in after["members"]] == ["H000001-1", "H000001-3", "H000001-4"]
    assert after["authorisation"][0] == ["S2026-000009", "2026-03-01", None, None]
    with database.session(engine, readonly=True) as session:
        kept = session.scalars(select(HouseholdChange).order_by(HouseholdChange.household_ref)).all()
        assert [(change.household_ref, change.parts) for change in kept] == [
            ("H000001", "authorisation,members,declared"),
            ("H000002", "authorisation"),
        ]
        place = f"household_changes/before/{kept[0].import_id}/H000001"
        assert json.loads(keyring.unseal(place, kept[0].before)) == before
        assert session.get(Member, "H000001-2").active is False
        assert session.get(Authorisation, "S2026-000001").in_force is False
        assert session.get(AuthorisationMember, ("S2026-000001", "H000001-2")) is not None


def test_back_to_an_earlier_file_and_the_earlier_letter_is_in_force_again(engine, keyring, rows, write):
    first = write(rows)
    second = write(_changed(rows, "H000001", authorisation="S-9", case="C-9"))
    for path in (first, second, first):
        _take_in(engine, keyring, path)
    found = _states(engine, keyring)["H000001"]
    assert found["authorisation"][0][0] == "S2026-000001"
    assert found["case"] == [["C2026-000001", "new", "allowance", "open"]]
    with database.session(engine, readonly=True) as session:
        assert {case.ref: case.state for case in session.scalars(select(Case))}["C-9"] == "replaced"


def test_no_file_withdraws_a_revocation_or_puts_it_off(engine, keyring, rows, write):
    def revoke(day, **cells):
        result = _take_in(engine, keyring, write(_changed(rows, "H000001", revoked_on=day, **cells)))
        letter = _states(engine, keyring)["H000001"]["authorisation"][0]
        return (
            letter[3],
            (result.new, result.updated, result.unchanged),
            result.changed,
            _count(engine, HouseholdChange),
        )

    assert revoke("") == (None, (3, 0, 0), {}, 0)
    assert revoke("2026-02-10") == ("2026-02-10", (0, 1, 2), {"authorisation": 1}, 1)
    assert revoke("") == ("2026-02-10", (0, 0, 3), {}, 1)  # the file of before, taken in again
    assert revoke("2026-03-01") == ("2026-02-10", (0, 0, 3), {}, 1)
    assert revoke("2026-02-01") == ("2026-02-01", (0, 1, 2), {"authorisation": 1}, 2)
    assert revoke("", township="别处") == ("2026-02-01", (0, 1, 2), {"place": 1}, 3)
    assert revoke("", authorisation="S-9") == (None, (0, 1, 2), {"authorisation": 1, "place": 1}, 4)  # the way back
    assert revoke("") == ("2026-02-01", (0, 1, 2), {"authorisation": 1}, 5)
    with database.session(engine, readonly=True) as session:
        last = session.scalars(select(Import).order_by(Import.id.desc()).limit(1)).one()
        assert (last.new, last.updated, last.unchanged) == (0, 1, 2)


def test_a_case_that_a_person_closed_stays_closed(engine, keyring, rows, write):
    _take_in(engine, keyring, write(rows))
    with database.session(engine) as session:
        session.execute(update(Case).where(Case.ref == "C2026-000001").values(state="closed"))
    assert _take_in(engine, keyring, write(_changed(rows, "H000001", township="别处"))).updated == 1
    with database.session(engine, readonly=True) as session:
        assert session.get(Case, "C2026-000001").state == "closed"


def test_households_that_a_file_does_not_name_are_left_alone(engine, keyring, rows, write):
    _take_in(engine, keyring, write(rows))
    assert _take_in(engine, keyring, write(rows[:3])).unchanged == 1
    assert len(_states(engine, keyring)) == 3


def test_nothing_is_taken_in_by_halves(engine, keyring, rows, write):
    rows[-1] |= {"declared_houses": "many"}
    result = _take_in(engine, keyring, write(rows))
    assert not result.taken_in
    assert (_count(engine, Household), _count(engine, Import)) == (0, 0)


def test_a_trial_takes_nothing_in(engine, keyring, rows, write):
    with database.session(engine) as session:
        assert people.import_file(session, keyring, write(rows)).new == 3
        session.rollback()
    assert _count(engine, Household) == 0


def _import_and_die(settings, path):
    imports.BLOCK = 1
    saved = imports.save

    def save_and_die(*arguments):
        saved(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    imports.save = save_and_die
    _take_in(database.connect(settings), installation.begin(settings), path)


def test_a_killed_import_leaves_nothing_and_can_be_repeated(engine, keyring, settings, rows, write):
    path = write(rows)
    engine.dispose()
    process = multiprocessing.get_context("fork").Process(target=_import_and_die, args=(settings, path))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert _count(engine, Household) == 0
    assert _take_in(engine, keyring, path).new == 3


def test_blocks_make_no_difference(engine, keyring, rows, write, monkeypatch):
    monkeypatch.setattr(imports, "BLOCK", 1)
    path = write(rows)
    _take_in(engine, keyring, path)
    monkeypatch.setattr(imports, "BLOCK", 1000)
    assert _take_in(engine, keyring, path).unchanged == 3


def test_a_person_in_two_households_is_taken_in_and_said(engine, keyring, rows, write):
    rows[5] |= {"resident_id": rows[3]["resident_id"]}
    found = [(w.row, w.column, w.code, w.expected) for w in _take_in(engine, keyring, write(rows)).warnings]
    assert found == [
        (5, "resident_id", "in-another-household", {"household": "H000003"}),
        (7, "resident_id", "in-another-household", {"household": "H000002"}),
    ]
    alone = _take_in(engine, keyring, write(rows[5:]))
    assert [(w.row, w.code) for w in alone.warnings] == [(2, "in-another-household")]


def test_a_case_or_letter_of_another_household_is_a_mistake(engine, keyring, rows, write):
    _take_in(engine, keyring, write(rows))
    stolen = [row | {"household": "H000007"} for row in rows[3:5]]
    result = _take_in(engine, keyring, write(stolen))
    assert [(m.row, m.column, m.code) for m in result.mistakes] == [
        (row, column, "another-household") for row in (2, 3) for column in ("authorisation", "case")
    ]


def test_another_keyring_is_refused(engine, keyring, rows, write, tmp_path):
    _take_in(engine, keyring, write(rows))
    with pytest.raises(Stop) as stopped:
        _take_in(engine, installation.begin(Settings(home=tmp_path / "other")), write(rows))
    assert stopped.value.code == "keyring-does-not-fit"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("320102198003150011", "id-bad-check"),
        ("320102198013150016", "id-bad-date"),
        ("32010219800315001", "id-wrong-length"),
        ("320102********0010", "id-masked"),
        ("320102800315998", "id-old-sequence"),
        ("USA110000000123", "id-old-card"),
        ("E12345678", "id-other"),
    ],
)
def test_a_doubtful_number_is_taken_in_and_said(engine, keyring, rows, write, typed, code):
    rows[3] |= {"resident_id": typed}
    result = _take_in(engine, keyring, write(rows))
    assert result.taken_in
    assert [(w.row, w.column, w.code) for w in result.warnings] == [(5, "resident_id", code)]
    for language in ("zh", "en"):
        assert typed not in result.warnings[0].line(language)


def test_a_person_is_found_by_any_spelling_of_the_number(engine, keyring, rows, write, id_number):
    whole = next(n for n in (id_number(19660101, at) for at in range(1, 99)) if n.endswith("X"))
    rows[5] |= {"resident_id": whole[:6] + whole[8:17]}  # the 15 characters of the old card
    rows[4] |= {"resident_id": "E１２３ ４５６７8"}
    _take_in(engine, keyring, write(rows))
    full = whole.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    with database.session(engine, readonly=True) as session:
        for spelled in (
            whole,
            whole.lower(),
            whole[:6] + whole[8:17],
            f" '{whole}\t",
            full,
            f"{whole[:6]} {whole[6:]}",
        ):
            assert [member.ref for member in people.find(session, keyring, spelled)] == ["H000003-1"], spelled
        assert [member.ref for member in people.find(session, keyring, "e12345678")] == ["H000002-2"]
        for unknown in ("", "  ", id_number(19660101, 500)):
            assert people.find(session, keyring, unknown) == []


def test_who_has_left_a_household_is_not_found_in_it(engine, keyring, rows, write):
    _take_in(engine, keyring, write(rows))
    _take_in(engine, keyring, write(rows[:4]))
    with database.session(engine, readonly=True) as session:
        assert people.find(session, keyring, rows[4]["resident_id"]) == []


def test_a_file_of_headings_only_is_said(write, rows):
    path = write(rows)
    path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert [(m.row, m.code) for m in read(path).mistakes] == [(2, "no-rows")]
