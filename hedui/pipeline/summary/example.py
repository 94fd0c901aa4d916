"""Plausible summaries for tests and documentation: a complete run, a degraded one, and one that stopped.

Invented throughout; the same every time.
"""

from datetime import UTC, date, datetime, timedelta

from catalogue.labels import Label
from hedui.pipeline.summary.model import (
    Cause,
    Households,
    Matches,
    Quarantined,
    Reports,
    Source,
    SourceStatus,
    Stage,
    StageName,
    Summary,
)

BUSINESS_DATE = date(2026, 6, 30)
STARTED = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)  # 01:00 in China
DEPARTMENTS = {
    "agriculture": ("农业农村", "Agriculture and rural affairs", False, 2_481),
    "civil_affairs": ("民政", "Civil affairs", True, 18_204),
    "disabled_federation": ("残联", "Disabled persons’ federation", False, 3_377),
    "education": ("教育", "Education", False, 9_860),
    "housing": ("住建", "Housing and construction", True, 21_453),
    "human_resources": ("人社", "Human resources and social security", True, 38_912),
    "market_regulation": ("市场监管", "Market regulation", False, 4_105),
    "medical_insurance": ("医保", "Medical insurance", False, 41_760),
    "natural_resources": ("自然资源", "Natural resources", True, 16_338),
    "public_security": ("公安", "Public security", True, 64_207),
    "taxation": ("税务", "Taxation", True, 27_519),
    "transport": ("交通", "Transport", False, 642),
}
_STAGES: tuple[tuple[StageName, float], ...] = (
    ("select", 2.4),
    ("extract", 74.2),
    ("land", 31.8),
    ("validate", 58.6),
    ("match", 6.3),
    ("assess", 11.7),
    ("report", 4.9),
    ("publish", 0.8),
)


def complete() -> Summary:
    """Build a run in which all 55 sources were accepted."""
    return Summary(
        run_id="2026-06-30.1",
        business_date=BUSINESS_DATE,
        started_at=STARTED,
        finished_at=STARTED + timedelta(seconds=193.4),
        published=True,
        households=Households(
            verified=1_946,
            members=4_871,
            not_verified={
                "authorisation_expired": 31,
                "authorisation_revoked": 9,
                "no_authorisation": 12,
                "authorisation_unsigned": 2,
            },
        ),
        sources=_sources(),
        quarantine=(
            Quarantined(source="bank_03", reason="bad-date", rows=41),
            Quarantined(source="bank_03", reason="duplicate-row", rows=18),
            Quarantined(source="bank_27", reason="broken-character", rows=6),
            Quarantined(source="education", reason="bad-number", rows=112),
            Quarantined(source="transport", reason="bad-date", rows=3),
        ),
        matches=Matches(certain=24_318, probable=37, possible=112),
        stages=tuple(Stage(name=name, state="done", seconds=seconds) for name, seconds in _STAGES),
        reports=Reports(
            place="file:///srv/hedui/store/reports/run=2026-06-30.1", count=1_946, counties=95, bytes=27_914_240
        ),
    )


def degraded() -> Summary:
    """Build a run in which eight sources failed in different ways, a required one among them."""
    run = complete()
    failed = {
        "natural_resources": _missing("unreachable", "unreachable", 60.0, tries=3, category="real_estate"),
        "disabled_federation": _missing("not_delivered", "not-delivered", 0.2, category="disability", file="DIS.xml"),
        "bank_07": _missing("refused", "count-mismatch", 3.1, category="deposit", declared=8_112, found=8_054),
        "bank_12": _missing(
            "refused", "stale-delivery", 2.2, category="deposit", found="2026-06-29", expected="2026-06-30"
        ),
        "bank_19": _missing("unreachable", "unreachable", 60.0, tries=3, category="deposit"),
        "bank_24": _missing("refused", "truncated-delivery", 0.9, category="deposit"),
        "bank_30": _missing("not_delivered", "not-delivered", 0.1, category="deposit", file="D20260630.dat"),
        "bank_41": _missing("refused", "extract-refused", 5.6, category="deposit", reasons="too-many-bad-rows"),
    }
    sources = [
        _failed(source, failed[source.id])
        if source.id in failed
        else source.model_copy(update={"as_of": BUSINESS_DATE - timedelta(days=31)})
        if source.id == "transport"
        else source
        for source in run.sources
    ]
    quarantine = (*(run.quarantine or ()), Quarantined(source="bank_41", reason="wrong-field-count", rows=1_204))
    households = run.households and run.households.model_copy(update={"undetermined": run.households.verified})
    return Summary.model_validate(
        run.model_dump(exclude={"sources", "quarantine", "households", "finished_at"})
        | {
            "sources": sources,
            "quarantine": quarantine,
            "households": households,
            "finished_at": STARTED + timedelta(seconds=221.0),
        }
    )


def stopped() -> Summary:
    """Build a run that a problem stopped in its first stage, with nothing published."""
    return Summary(
        run_id="2026-06-30.1",
        business_date=BUSINESS_DATE,
        started_at=STARTED,
        finished_at=STARTED + timedelta(seconds=1.2),
        published=False,
        households=None,
        sources=tuple(
            source.model_copy(update={"state": "pending", "as_of": None, "rows": None, "seconds": None, "attempts": 0})
            for source in _sources()
        ),
        quarantine=None,
        stages=(
            Stage(name="select", state="failed", seconds=1.1),
            *(Stage(name=name, state="not_reached") for name, _ in _STAGES[1:]),
        ),
        problem=Cause(code="no-households"),
    )


def _sources() -> tuple[Source, ...]:
    departments = [
        _source(name, Label(zh=zh, en=en), rows, required=required, place=place)
        for place, (name, (zh, en, required, rows)) in enumerate(DEPARTMENTS.items())
    ]
    banks = [
        _source(
            f"bank_{n:02}",
            Label(zh=f"示例{_kind(n).zh}{n:02}", en=f"Example {_kind(n).en} {n:02}"),
            2_000 + (n * 7_919) % 6_000 + (18_000 if n < 7 else 0),  # noqa: PLR2004  the large ones
            required=n <= 20 or 33 <= n <= 36,  # noqa: PLR2004  as in the mock province
            place=n,
        )
        for n in range(1, 44)
    ]
    return (*departments, *banks)


def _kind(n: int) -> Label:
    if n <= 20:  # noqa: PLR2004  as in the mock province
        return Label(zh="商业银行", en="Commercial Bank")
    return Label(zh="农村商业银行", en="Rural Bank") if n <= 32 else Label(zh="网络银行", en="Online Bank")  # noqa: PLR2004


def _source(name: str, label: Label, rows: int, *, required: bool, place: int) -> Source:
    return Source(
        id=name,
        kind="bank" if name.startswith("bank_") else "department",
        label=label,
        required=required,
        state="accepted",
        as_of=BUSINESS_DATE - timedelta(days=1 if place % 9 == 4 else 0),  # noqa: PLR2004  a few are a day behind
        rows=rows,
        seconds=round(1.2 + (place * 37 % 53) / 11, 1),
        attempts=2 if place == 15 else 1,  # noqa: PLR2004  one came at the second try
    )


def _failed(source: Source, how: dict[str, object]) -> Source:
    problem = how["problem"]
    assert isinstance(problem, Cause)
    named = problem.model_copy(update={"where": {"source": source.id, **problem.where}})
    return source.model_copy(update={**how, "problem": named, "as_of": None, "rows": None})


def _missing(state: SourceStatus, code: str, seconds: float, tries: int = 1, **where: str | int) -> dict[str, object]:
    return {"state": state, "seconds": seconds, "attempts": tries, "problem": Cause(code=code, where=where)}
