"""A report in words: what its codes and figures are called, in one language. Used by every way of showing a report."""

from collections.abc import Mapping
from functools import cached_property

from catalogue.categories import categories
from catalogue.labels import Label
from catalogue.regions import regions
from catalogue.text import Language, current_language, text
from hedui.policy.outcome import LineResult, ParameterUsed, Step, Words
from hedui.reports.model import Declared, Finding, Origin, Reason, Record, Report, Total, Withheld


class InWords:
    """The words of one report in one language."""

    def __init__(self, report: Report, language: Language | None = None) -> None:
        self.report = report
        self.language = language or current_language()

    def say(self, key: str, /, **values: object) -> str:
        """Return a message."""
        return text(key, self.language, **values)

    def code(self, prefix: str, code: str) -> str:
        """Return the message `<prefix>-<code>`; the bare code where an older report has one that is gone since."""
        try:
            return self.say(f"{prefix}-{code}")
        except KeyError:
            return code

    def name(self, label: Label | Words) -> str:
        """Return the one of a name's two forms that is read."""
        return label.en if self.language == "en" else label.zh

    def figure(self, value: str | None, unit: str | None) -> str:
        """Write a figure with its unit; one that is not known says so."""
        if value is None:
            return self.say("report-unknown")
        return self.say("report-yuan", value=thousands(value)) if unit == "yuan" else value

    def found(self, value: str | None, unit: str | None, *, at_least: bool) -> str:
        """Write a figure that was found: where an answer is missing it says *at least*."""
        said = self.figure(value, unit)
        return self.say("report-at-least", value=said) if at_least and value is not None else said

    def declared(self, one: Declared) -> str:
        """Write what was declared; where someone declared nothing, say who."""
        if one.declared is not None:
            return self.figure(one.declared, one.unit)
        if all(member.declared is None for member in one.members):
            return self.say("report-nobody-declared")
        return self.say("report-not-declared-by", members=", ".join(one.not_declared))

    def basis(self, total: Total) -> str:
        """Say how far a total can be relied on."""
        said = []
        if total.sources_missing:
            said.append(self.say("report-missing-sources", count=len(total.sources_missing)))
        if total.members_not_authorised:
            said.append(self.say("report-silent-members", members=", ".join(total.members_not_authorised)))
        if total.unclear:
            said.append(self.say("report-unclear", count=len(total.unclear)))
        return "; ".join(said) or self.say("report-complete" if total.complete else "report-unknown")

    def reason(self, reason: Reason) -> str:
        """Say why the conclusion is what it is."""
        names: Mapping[str, str] = {}
        if reason.code == "required_source_missing":
            names = self._sources
        elif reason.code.startswith("line_"):
            names = self._lines
        subjects = ", ".join(names.get(subject, subject) for subject in reason.subjects)
        return self.say(f"conclusion-reason-{reason.code}", subjects=subjects)

    def finding(self, finding: Finding) -> str:
        """Say a finding."""
        said = self.say(
            f"finding-{finding.code}",
            subject="" if finding.subject is None else self.say(f"subject-{finding.subject}"),
            line=self._lines.get(finding.line or "", ""),
            member=finding.member or "",
            declared=self.figure(finding.declared, finding.unit),
            found=self.found(finding.found, finding.unit, at_least=finding.at_least),
            limit=self.figure(finding.limit, finding.unit),
            difference=self.found(finding.difference, finding.unit, at_least=finding.at_least),
            on=finding.on or self.say("report-unknown"),
        )
        return said if finding.month is None else self.say("finding-month", words=said, month=finding.month)

    def origin(self, origin: Origin) -> str:
        """Say where a figure comes from."""
        grade = self.say(f"grade-{origin.grade}")
        return self.say("report-origin", record=origin.record_id, as_of=origin.as_of, grade=grade)

    def step(self, step: Step) -> str:
        """Write one calculation."""
        if step.of == "comparison":
            return f"{step.expression}: {self.say(f'step-result-{step.result}')}"
        return f"{self.say(f'step-{step.of}')}: {step.expression} = {step.result}"

    def parameter(self, used: ParameterUsed) -> str:
        """Say who set a value, since when, by which document."""
        document = self.say("line-illustrative")
        if used.status == "confirmed" and used.document is not None:
            document = self.say("line-document", title=used.document.title, number=used.document.number)
        region = self.name(regions().label(used.region))
        return self.say("line-since", region=region, date=used.effective_from, document=document)

    def line_basis(self, line: LineResult) -> list[str]:
        """Say where the values of a line come from, and what of it is not set."""
        said = [f"{self.name(used.label)} {thousands(used.value)}: {self.parameter(used)}" for used in line.parameters]
        if line.missing:
            said.append(self.say("line-missing", parameters=", ".join(line.missing)))
        if line.exempt:
            said.append(self.say("line-exempt", count=len(line.exempt)))
        if line.unclear:
            said.append(self.say("report-unclear", count=len(line.unclear)))
        return said

    def category(self, category: str) -> str:
        """Name a category."""
        return self.name(categories()[category].label)

    def items(self, record: Record) -> str:
        """Write the items of a record with their names."""
        category = categories()[record.category]
        said = []
        for item in category.items:
            value = record.items.get(item.id)
            if item.id in self._withheld_items.get(record.category, ()):
                shown = self.say("report-withheld")
            elif value is None:
                shown = self.say("report-unknown")
            elif item.type == "money":
                shown = self.figure(str(value), "yuan")
            elif item.type == "decimal":
                shown = str(value).rstrip("0").rstrip(".")
            else:
                shown = self.name(item.codes[str(value)]) if str(value) in item.codes else str(value)
            said.append(f"{self.name(item.label)} {shown}")
        return "; ".join(said)

    def counted(self, record: Record) -> str:
        """Say whether a record counts, and if not, why not."""
        if record.not_counted is None:
            return self.say("report-yes" if record.counted else "report-withheld")
        return self.say(f"not-counted-{record.not_counted}", record=record.duplicate_of or "")

    def evidence(self, record: Record) -> str:
        """Say how well a record matches and why, with the weight of each ground in bits."""
        grounds = (f"{self.code('evidence', ground.code)} {float(ground.weight):+.1f}" for ground in record.evidence)
        return f"{self.say(f'grade-{record.grade}')} {float(record.weight):.1f}: {'; '.join(grounds)}"

    def withheld(self, one: Withheld) -> str:
        """Say what is not shown, and why."""
        if one.category is None:
            figures = (self._lines.get(figure) or self.say(f"subject-{figure}") for figure in one.figures)
            return self.say(f"withheld-{one.why}", member=one.member or "", figures=", ".join(figures))
        category = categories().get(one.category)
        named = {item.id: self.name(item.label) for item in category.items} if category else {}
        items = ", ".join(named.get(item, item) for item in one.items) or self.say("withheld-everything")
        return self.say("withheld-policy", category=self.name(category.label) if category else "", items=items)

    @cached_property
    def _withheld_items(self) -> dict[str, tuple[str, ...]]:
        return {one.category: one.items for one in self.report.withheld if one.category is not None}

    @cached_property
    def withheld_figures(self) -> frozenset[str]:
        """The totals and lines that are not shown, by kind and id."""
        return frozenset(figure for one in self.report.withheld for figure in one.figures)

    @cached_property
    def _sources(self) -> dict[str, str]:
        return {entry.source: self.name(entry.name) for entry in self.report.answers}

    def source(self, source: str) -> str:
        """Name a source."""
        return self._sources.get(source, source)

    @cached_property
    def _lines(self) -> dict[str, str]:
        return {line.id: self.name(line.label) for line in self.report.lines}


def thousands(value: str) -> str:
    """Write 1234567.50 as 1,234,567.50, for people only."""
    whole, point, rest = value.partition(".")
    return f"{int(whole):,}{point}{rest}" if int(whole) else value
