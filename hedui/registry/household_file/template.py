"""The spreadsheet to fill in: headings, examples, lists to choose from, and an explanation in both languages."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from catalogue.problems import Stop
from catalogue.text import LANGUAGES, Language, current_language, text
from hedui.registry.household_file.columns import COLUMNS, EXAMPLE, KINDS, PURPOSES, RELATIONS

_ROWS = 10_000  # rows that offer lists to choose from
_CODES = {"case_kind": ("case-kind", KINDS), "purpose": ("purpose", PURPOSES), "relation": ("relation", RELATIONS)}
_DATES = ("signed_on", "valid_until", "revoked_on")
_NUMBERS = {"member", "guardian", *(name for name in COLUMNS if name.startswith("declared_"))}
# Invented people: the sequence 000 was never given to anyone.
_SHARED = {
    "county": "320102",
    "township": "",
    "case_kind": "new",
    "valid_until": None,
    "revoked_on": None,
}
_EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "household": f"{EXAMPLE}1",
        "case": "C2026-000001",
        "purpose": "allowance",
        "authorisation": "S2026-000001",
        "signed_on": date(2026, 1, 5),
        "member": 1,
        "relation": "self",
        "name": "示例甲",
        "resident_id": "320102198003150004",
        "signed": True,
        "declared_monthly_income": 1830.5,
        "declared_financial_assets": 12000,
        "declared_vehicles": 0,
        "declared_houses": 1,
    },
    {
        "household": f"{EXAMPLE}1",
        "case": "C2026-000001",
        "purpose": "allowance",
        "authorisation": "S2026-000001",
        "signed_on": date(2026, 1, 5),
        "member": 2,
        "relation": "child",
        "name": "示例乙",
        "resident_id": "320102201506010008",
        "signed": True,
        "guardian": 1,
    },
    {
        "household": f"{EXAMPLE}2",
        "case": "C2026-000002",
        "purpose": "destitute",
        "member": 1,
        "relation": "self",
        "name": "阿依古丽·示例",
        "resident_id": "320102195002280006",
        "signed": False,
        "declared_monthly_income": 0,
    },
)


def write(path: Path, language: Language | None = None) -> None:
    """Write the template; headings and choices are in `language`, the explanation in both.

    Raises Stop: `template-exists`, `template-unwritable`.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    if path.exists():
        raise Stop("template-exists", path=str(path))
    spoken = language or current_language()
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": text("household-legend-title", spoken), "created": datetime(2026, 1, 1)})  # noqa: DTZ001
    _households(book, spoken)
    _legend(book)
    try:
        book.close()
    except FileCreateError:
        raise Stop("template-unwritable", path=str(path)) from None


def _households(book: Any, language: Language) -> None:
    sheet = book.add_worksheet("households" if language == "en" else "家庭")
    formats = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "number": book.add_format({"num_format": "General"}),
    }
    must = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
    may = book.add_format({"bold": True, "border": 1})
    for at, (name, column) in enumerate(COLUMNS.items()):
        kind = "date" if name in _DATES else "number" if name in _NUMBERS else "text"
        sheet.set_column(at, at, 22 if name in {"resident_id", "name"} else 15, formats[kind])
        sheet.write_string(0, at, text(f"household-column-{name}", language), must if column.cell else may)
        sheet.write_comment(0, at, _meaning(name, language), {"x_scale": 2})
        if choices := _choices(name, language):
            listed = {"validate": "list", "source": choices, "error_type": "stop"}
            sheet.data_validation(1, at, _ROWS, at, listed)
        for row, example in enumerate(_EXAMPLES, start=1):
            _cell(sheet, row, at, _shown(name, (_SHARED | example).get(name), language), formats[kind])
    sheet.freeze_panes(1, 1)


def _legend(book: Any) -> None:
    sheet = book.add_worksheet(text("household-legend-sheet", "zh"))
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 5, 18)
    for side, language in enumerate(LANGUAGES):
        left = 3 * side
        sheet.set_column(left + 2, left + 2, 70)
        sheet.write_string(0, left, text("household-legend-title", language), bold)
        sheet.write_string(1, left, text("household-legend-rows", language))
        for at, word in enumerate(("column", "must", "meaning")):
            sheet.write_string(3, left + at, text(f"household-legend-{word}", language), bold)
        for row, (name, column) in enumerate(COLUMNS.items(), start=4):
            sheet.write_string(row, left, text(f"household-column-{name}", language), wrapped)
            must = "yes" if column.cell else "no"
            sheet.write_string(row, left + 1, text(f"household-legend-{must}", language), wrapped)
            sheet.write_string(row, left + 2, _meaning(name, language), wrapped)


def _meaning(name: str, language: Language) -> str:
    if name not in _CODES:
        return text(f"household-legend-{name}", language)
    prefix, codes = _CODES[name]
    words = ", ".join(f"{text(f'{prefix}-{code}', language)} ({code})" for code in codes)
    return text(f"household-legend-{name}", language, codes=words)


def _choices(name: str, language: Language) -> list[str] | None:
    if name in _CODES:
        prefix, codes = _CODES[name]
        words = [text(f"{prefix}-{code}", language) for code in codes]
        # A spreadsheet takes at most 255 characters of choices: the codes are shorter than English words.
        return words if len(",".join(words)) <= 255 else list(codes)  # noqa: PLR2004
    return ["是", "否"] if name == "signed" else None


def _shown(name: str, value: Any, language: Language) -> Any:
    if name in _CODES and value is not None:
        return text(f"{_CODES[name][0]}-{value}", language)
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


def _cell(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, form)
    elif isinstance(value, str) and value:
        sheet.write_string(row, column, value, form)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, form)
