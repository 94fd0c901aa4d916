"""Reading the lines files. All mistakes in all files are named at once, and nothing is used until there are none."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from pydantic import ValidationError

from catalogue.categories import Category, categories
from catalogue.problems import Stop
from catalogue.regions import regions
from catalogue.text import Language, text
from hedui.policy.model import MONEY_MEASURES, Line, Value

# Which kinds of holding a measure is made of, for checking the items and codes that a line exempts.
_COUNTS = {
    "financial_assets": "financial_asset",
    "houses": "house",
    "other_real_estate": "house",
    "vehicles": "vehicle",
    "vessels": "vessel",
    "machinery": "machinery",
    "companies": "company",
}


class Mistake(NamedTuple):
    """One thing that is wrong: in which file, at which key, and what (message `lines-mistake-<code>`)."""

    file: str
    place: str
    code: str
    detail: str

    def words(self, language: Language | None = None) -> str:
        """Say it."""
        said = text(f"lines-mistake-{self.code}", language, detail=self.detail)
        return f"{self.file}: {self.place}: {said}" if self.place else f"{self.file}: {said}"


class LinesRefused(Stop):
    """Lines files with mistakes; none of them is used."""

    @classmethod
    def because(cls, mistakes: Iterable[Mistake]) -> "LinesRefused":
        """Build the problem from all mistakes."""
        found = sorted(mistakes)
        return cls("lines-refused", count=len(found), mistakes="\n".join("\t".join(m) for m in found))

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Every mistake, by file and place."""
        return tuple(Mistake(*row.split("\t")) for row in str(self.where["mistakes"]).split("\n"))

    def message(self, language: Language | None = None) -> str:
        """Name every mistake, one a line."""
        said = [text("problem-lines-refused", language, count=self.where["count"])]
        return "\n".join([*said, *(f"  {mistake.words(language)}" for mistake in self.mistakes)])


@cache
def shipped() -> tuple[Line, ...]:
    """Read the lines that are part of Hedui (`hedui/policy/lines/`)."""
    return load(files("hedui.policy") / "lines")


def load(folder: Traversable) -> tuple[Line, ...]:
    """Read every `*.toml` of a folder, in order of id; `LinesRefused` names all mistakes there are."""
    mistakes: list[Mistake] = []
    read: dict[str, Line] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            line = _read(entry, mistakes)
            if line is not None:
                read[line.id] = line
    whole = not mistakes  # a file that could not be read may hold the parameter that another one names
    for line in read.values():
        mistakes.extend(_mistakes(line, read, whole=whole))
    if mistakes:
        raise LinesRefused.because(mistakes)
    return tuple(read.values())


def _read(entry: Traversable, mistakes: list[Mistake]) -> Line | None:
    try:
        data = tomllib.loads(entry.read_text("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(entry.name, "", "toml", _flat(str(error))))
        return None
    if "id" in data:
        mistakes.append(Mistake(entry.name, "id", "extra_forbidden", ""))
    try:
        return Line.model_validate({**data, "id": entry.name.removesuffix(".toml")})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            place = ".".join(str(part + 1) if isinstance(part, int) else part for part in fault["loc"])
            code = fault["type"] if fault["type"] in {"missing", "extra_forbidden"} else "value"
            mistakes.append(Mistake(entry.name, place, code, _flat(fault["msg"])))
        return None


def _mistakes(line: Line, known: Mapping[str, Line], *, whole: bool) -> Iterator[Mistake]:
    file = f"{line.id}.toml"
    for number, value in enumerate(line.values, 1):
        for key, code, detail in _value_mistakes(value):
            yield Mistake(file, f"values.{number}.{key}", code, detail)
    starts = Counter((value.region, value.effective_from) for value in line.values)
    for (region, start), times in starts.items():
        if times > 1:
            yield Mistake(file, "values", "twice", f"{region}, {start}")
    for key, code, detail in _comparison_mistakes(line, known, whole=whole):
        yield Mistake(file, key, code, detail)


def _value_mistakes(value: Value) -> Iterator[tuple[str, str, str]]:
    try:
        regions().label(value.region)
    except KeyError:
        yield "region", "region", _flat(value.region)
    if value.effective_to is not None and value.effective_to < value.effective_from:
        yield "effective_to", "ends-before", f"{value.effective_from}"
    if value.status == "confirmed" and value.document is None:
        yield "document", "no-document", ""


def _comparison_mistakes(line: Line, known: Mapping[str, Line], *, whole: bool) -> Iterator[tuple[str, str, str]]:
    compares = line.compares
    if compares is None:
        if line.unit == "times":
            yield "unit", "unit", "yuan, count"
        return
    money = compares.measure in MONEY_MEASURES
    if compares.times is None:
        expected = "yuan" if money else "count"
        if line.unit != expected:
            yield "unit", "unit", expected
    else:
        if line.unit != "times":
            yield "unit", "unit", "times"
        other = known.get(compares.times)
        if (other is None and whole) or (other is not None and other.compares is not None):
            yield "compares.times", "parameter", _flat(compares.times)
        elif other is not None and (other.unit == "yuan") != money:
            yield "compares.times", "parameter", f"{other.id}: {other.unit}"
    yield from _exemption_mistakes(compares.measure, compares.exempt)


def _exemption_mistakes(measure: str, exempt: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    counted = [category for category in categories().values() if category.counts == _COUNTS[measure]]
    for item, codes in exempt.items():
        possible = {code for category in counted for code in _codes(category, item)}
        if not possible:
            yield f"compares.exempt.{item}", "exempt-item", _flat(item)
            continue
        for code in codes:
            if code not in possible:
                yield f"compares.exempt.{item}", "exempt-code", f"{_flat(code)} ({', '.join(sorted(possible))})"


def _codes(category: Category, item: str) -> Iterable[str]:
    return next((field.codes for field in category.items if field.id == item), {})


def _flat(words: str) -> str:
    return " ".join(words.split())
