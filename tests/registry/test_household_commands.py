"""`hedui household`: what people see, what programs see, and how it ends."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from catalogue.text import text
from hedui.cli import hedui
from hedui.registry.household_file.columns import COLUMNS, heading, headings
from hedui.registry.household_file.reading import read


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call the command line on an installation of its own."""
    for name, value in {"HEDUI_HOME": str(tmp_path / "home"), "HEDUI_DATABASE_URL": "", "HEDUI_LANGUAGE": "en"}.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments):
        return CliRunner().invoke(hedui, ["household", *map(str, arguments)])

    return invoke


def test_taken_in_again_and_changed(call, rows, write):
    first = call("import", write(rows))
    assert (first.exit_code, first.stdout) == (
        0,
        "taken in: 3 households, 6 members: 3 new, 0 updated, 0 unchanged\n",
    )
    rows[0]["declared_houses"] = "2"
    changed = call("import", write(rows))
    assert changed.stdout.splitlines() == [
        "taken in: 3 households, 6 members: 0 new, 1 updated, 2 unchanged",
        "changed: declared figures 1",
    ]


def test_a_trial_changes_nothing(call, rows, write):
    path = write(rows)
    for _ in range(2):
        tried = call("import", path, "--dry-run")
        assert tried.exit_code == 0
        assert "nothing taken in; this file would bring 3 households" in tried.output
        assert "3 new" in tried.output


def test_mistakes_are_listed_and_end_with_a_stop(call, rows, write):
    rows[3]["name"] = "13800001111"
    rows[4]["resident_id"] = "320102195502280011"
    path = write(rows)
    refused = call("import", path)
    assert refused.exit_code == 4
    assert refused.stderr.splitlines() == [
        f"error: mistakes in {path} (1): nothing was taken in",
        "hint: mend the cells named above and import the file again",
    ]
    assert refused.stdout.splitlines() == [
        "  row 5, name: expected a name: at most 100 characters, no row of digits",
        "warnings: 1 (they do not stop the import)",
        "  row 6, resident id: the check character does not follow from the digits: please compare with the card",
    ]
    assert call("import", path, "--dry-run").exit_code == 4


def test_a_long_list_is_cut_for_people_and_whole_for_programs(call, rows, write):
    wrong = write([row | {"county": "999999"} for row in rows * 20])
    shown = call("import", wrong).stdout
    assert "more; all of them: --json" in shown
    listed = json.loads(call("import", wrong, "--json").stdout)
    assert len(shown.splitlines()) < 50 < len(listed["mistakes"])


def test_for_programs(call, rows, write):
    rows[4]["resident_id"] = "320102195502280011"
    taken = json.loads(call("import", write(rows), "--json").stdout)
    assert taken.pop("warnings") == [
        {
            "row": 6,
            "column": "resident_id",
            "heading": "resident id",
            "code": "id-bad-check",
            "message": "the check character does not follow from the digits: please compare with the card",
        }
    ]
    assert taken == {
        "taken_in": True,
        "dry_run": False,
        "rows": 6,
        "households": 3,
        "new": 3,
        "updated": 0,
        "unchanged": 0,
        "changed": {},
        "mistakes": [],
    }


@pytest.mark.parametrize("arguments", [["import"], ["import", "a", "b"], ["template"], ["lose"]])
def test_wrong_usage(call, arguments):
    assert call(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["import", "template"])
def test_help_has_an_example(call, command):
    assert f"hedui household {command}" in call(command, "--help").output


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_is_a_file_that_can_be_taken_in(call, tmp_path, monkeypatch, language):
    monkeypatch.setenv("HEDUI_LANGUAGE", language)
    path = tmp_path / "template.xlsx"
    assert call("template", path).exit_code == 0
    reading = read(path)
    # Its examples are named as such, so that nobody verifies them; there is nothing else wrong with it.
    assert {(mistake.column, mistake.code) for mistake in reading.mistakes} == {("household", "example")}
    assert reading.warnings == []
    with CalamineWorkbook.from_path(path) as book:
        sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    legend = {cell for row in sheets[1] for cell in row}
    assert {"户编号", "household", "填写说明", "How to fill in this file"} <= legend
    header, *examples = sheets[0]
    assert [headings()[heading(str(cell))] for cell in header] == list(COLUMNS)
    real = [[str(cell).replace("EXAMPLE-", "H") for cell in row] for row in examples]
    filled = tmp_path / "filled.csv"
    with filled.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *real])
    taken = call("import", filled, "--json")
    assert taken.exit_code == 0, taken.output
    assert (json.loads(taken.stdout)["new"], json.loads(taken.stdout)["warnings"]) == (2, [])


def test_a_template_never_replaces_a_file(call, tmp_path):
    path = tmp_path / "households.xlsx"
    path.write_text("mine")
    kept = call("template", path)
    assert (kept.exit_code, kept.stderr.splitlines()[0]) == (4, f"error: the file {path} exists already")
    assert path.read_text() == "mine"
    nowhere = tmp_path / "nowhere" / "f.xlsx"
    assert call("template", nowhere).stderr.splitlines()[0] == f"error: the file {nowhere} cannot be written"


def test_the_page_about_importing_has_every_column():
    page = (Path(__file__).parents[2] / "docs" / "household-import.md").read_text("utf-8")
    for column in COLUMNS.values():
        named = f"| **{column.id}**" if column.column else f"| {column.id} "
        assert named in page
        assert f"| {text(f'household-column-{column.id}', 'zh')} |" in page
