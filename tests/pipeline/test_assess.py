"""The assess stage on small hand-made tables of the working area's shapes."""

import json
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogue.categories import categories, record_id
from catalogue.problems import Stop
from hedui.pipeline.stages import assess as stage
from hedui.pipeline.stages.assess import Inputs, assess
from hedui.policy.force import Policy
from hedui.policy.load import shipped
from hedui.policy.outcome import Words
from hedui.reports.basis import Basis, SourceState
from hedui.reports.kernel import DOCUMENTS, MEMBER
from hedui.reports.model import decode, encode

DAY = date(2026, 6, 30)
HOUSEHOLDS = pa.schema(
    [
        *(
            pa.field(name, pa.string())
            for name in ("household_ref", "county", "township", "case_ref", "case_kind", "purpose", "authorisation")
        ),
        pa.field("members", pa.list_(MEMBER)),
    ]
)
SOURCES = {
    "bank_01": ("bank", True, ("deposit", "wealth_product")),
    "bank_02": ("bank", False, ("deposit",)),
    "public_security": ("department", True, ("motor_vehicle",)),
    "natural_resources": ("department", True, ("real_estate",)),
    "disabled_federation": ("department", False, ("disability",)),
}


class Area:
    """A working area made by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.families: list[dict[str, object]] = []
        self.applicants: list[tuple[str, str, str]] = []
        self.records: dict[tuple[str, str], list[dict[str, object]]] = {}
        self.matches: list[dict[str, object]] = []
        self.silent: set[str] = set()
        self.unusable: list[dict[str, str]] | None = None

    def household(self, ref: str, county: str, signed: str = "yes") -> "Area":
        members = []
        for number, word in enumerate(signed.split(), 1):
            is_authorised = word == "yes"
            member = f"{ref}-{number}"
            members.append(
                {
                    "member_ref": member, "name": f"名{member}", "resident_id": f"ID{member}", "relation": "self",
                    "authorised": is_authorised, "declared_monthly_income": None,
                    "declared_financial_assets": Decimal("10.50"), "declared_vehicles": 0, "declared_houses": None,
                }
            )  # fmt: skip
            if is_authorised:
                self.applicants.append((member, ref, county))
        self.families.append(
            {
                "household_ref": ref, "county": county, "township": None, "case_ref": f"C{ref}", "case_kind": "new",
                "purpose": "allowance", "authorisation": f"S{ref}", "members": members,
            }
        )  # fmt: skip
        return self

    def record(self, source: str, category: str, member: str, grade: str = "certain", **items: object) -> str:
        rows = self.records.setdefault((source, category), [])
        name = record_id(source, category, len(rows) + 1)
        envelope = {"record_id": name, "source": source, "category": category, "row": len(rows) + 1, "as_of": DAY}
        rows.append(envelope | items)
        self.match(name, member, source, category, grade)
        return name

    def match(self, record: str, member: str, source: str, category: str, grade: str = "certain") -> None:
        self.matches.append(
            {
                "record_id": record, "applicant_id": member, "grade": grade, "weight": 30.25,
                "evidence": [{"code": "number-equal", "weight": 20.0}, {"code": "name-same", "weight": 10.25}],
                "source": source, "category": category,
            }
        )  # fmt: skip

    @property
    def inputs(self) -> Inputs:
        self.root.mkdir(parents=True, exist_ok=True)
        households, applicants = self.root / "households.parquet", self.root / "applicants.parquet"
        pq.write_table(pa.Table.from_pylist(self.families, schema=HOUSEHOLDS), households)
        names = ("member_ref", "household_ref", "county")
        columns = list(zip(*self.applicants, strict=True)) or [(), (), ()]
        pq.write_table(pa.table([pa.array(c, pa.string()) for c in columns], names=names), applicants)
        accepted = []
        for (source, category), rows in self.records.items():
            if source not in self.silent:
                path = self.root / f"source={source}" / "attempt=1" / "accepted" / f"{category}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(pa.Table.from_pylist(rows, schema=categories()[category].schema), path)
                accepted.append(path)
        matches = []
        for number, start in enumerate(range(0, len(self.matches), 3)):  # several files, as the match stage writes
            path = self.root / f"matches-{number}.parquet"
            pq.write_table(pa.Table.from_pylist(self.matches[start : start + 3], schema=stage._MATCHES), path)
            matches.append(path)
        unusable = None
        if self.unusable is not None:
            unusable = self.root / "unusable.parquet"
            pq.write_table(pa.Table.from_pylist(self.unusable, schema=stage._UNUSABLE), unusable)
        return Inputs(applicants, households, accepted, matches, unusable)

    @property
    def basis(self) -> Basis:
        states = [
            SourceState(
                name, Words(zh=f"源{name}", en=name), kind, required, held,
                *(("unreachable", None, "timed-out") if name in self.silent else ("accepted", DAY, None)),
            )
            for name, (kind, required, held) in SOURCES.items()
        ]  # fmt: skip
        return Basis.of(states, Policy.on(DAY, shipped()))

    def documents(self, out: str = "assessed", **options: object) -> dict[str, bytes]:
        folder = self.root / out
        assess(self.inputs, self.basis, folder, **options)
        found = {}
        for path in sorted(folder.glob("county=*.parquet")):
            table = pq.read_table(path, partitioning=None)
            assert table.schema.equals(DOCUMENTS)
            assert set(table["county"].to_pylist()) == {path.stem.partition("=")[2]}
            assert table["household_ref"].to_pylist() == sorted(table["household_ref"].to_pylist())
            found |= dict(zip(table["household_ref"].to_pylist(), table["document"].to_pylist(), strict=True))
        return found


@pytest.fixture
def area(tmp_path) -> Area:
    area = Area(tmp_path / "area")
    area.household("H000002", "320581", "yes yes").household("H000001", "320102", "yes no")
    area.household("H000003", "320102")
    area.record("bank_01", "deposit", "H000002-1", account="A1", kind="demand", balance=Decimal("9007199254740993.01"))
    area.record(
        "bank_01", "wealth_product", "H000002-1", contract="W1", product="稳“健”\\\n/1号", value=Decimal("0.10")
    )
    area.record("bank_02", "deposit", "H000002-2", account="A2", kind=None, balance=Decimal("5.00"))
    area.record(
        "natural_resources", "real_estate", "H000003-1", certificate="C1", use="residential",
        area=Decimal("69.5400"), share=Decimal(50), status="current", registered_on=date(2020, 2, 29),
    )  # fmt: skip
    area.record("disabled_federation", "disability", "H000001-1", certificate="D1", kind="visual", level=2)
    area.record("public_security", "motor_vehicle", "H000001-1", "possible", plate="P1", kind="car", status="normal")
    return area


def test_each_household_gets_its_members_and_their_records(area):
    documents = area.documents()

    assert sorted(documents) == ["H000001", "H000002", "H000003"]
    second = decode(documents["H000002"])
    assert second.totals.financial_assets.value == "9007199254740998.11"  # beyond what a float could hold
    assert [(r.record_id, r.member) for r in second.records] == [
        ("bank_01:deposit:1", "H000002-1"),
        ("bank_02:deposit:1", "H000002-2"),
        ("bank_01:wealth_product:1", "H000002-1"),
    ]
    assert second.records[2].items["product"] == "稳“健”\\\n/1号"
    assert second.records[0].items == {
        "account": "A1", "kind": "demand", "balance": "9007199254740993.01", "opened_on": None,
    }  # fmt: skip
    assert [(e.code, e.weight) for e in second.records[0].evidence] == [
        ("number-equal", "20.0000"),
        ("name-same", "10.2500"),
    ]
    house = decode(documents["H000003"]).records[0].items
    assert (house["area"], house["share"], house["registered_on"]) == ("69.5400", "50.0000", "2020-02-29")
    first = decode(documents["H000001"])
    assert first.records[0].items["level"] == 2
    assert [record.grade for record in first.unconfirmed] == ["possible"]
    assert [answer.answer for answer in first.answers] == [
        "not_authorised", "not_authorised", "found", "not_authorised", "found",  # there only unconfirmed
    ]  # fmt: skip


def test_the_summary_columns_say_what_the_document_says(area):
    assess(area.inputs, area.basis, area.root / "out")
    for row in pq.read_table(area.root / "out" / "county=320102.parquet", partitioning=None).to_pylist():
        report = decode(row["document"])
        assert (row["conclusion"], row["case_ref"]) == (report.conclusion.outcome, report.case.reference)
        covered = msgspec.to_builtins(report.coverage)
        for answer in ("found", "none", "no_answer", "not_authorised"):
            assert row[answer] == covered[answer]
        assert row["findings"] == len(report.findings)


def test_nobody_outside_a_live_authorisation_is_reported_on(area):
    before = area.documents()
    area.record("bank_01", "deposit", "H000001-2", account="A9", balance=Decimal("777.77"))  # not authorised
    area.record("bank_01", "deposit", "H999999-1", account="A8", balance=Decimal("888.88"))  # not in the run
    after = area.documents()
    assert after == before


def test_what_a_source_delivered_counts_only_where_it_was_accepted(area):
    area.silent.add("bank_01")
    report = decode(area.documents()["H000002"])
    assert report.totals.financial_assets.value == "5.00"
    assert report.totals.financial_assets.at_least
    assert [record.record_id for record in report.records] == ["bank_02:deposit:1"]
    assert {a.source: (a.answer, a.problem) for a in report.answers}["bank_01"] == ("no_answer", "timed-out")


def test_a_match_without_its_record_stops_the_stage_and_leaves_nothing(area):
    area.match("bank_01:deposit:999", "H000002-1", "bank_01", "deposit")
    with pytest.raises(Stop) as stopped:
        area.documents()
    assert stopped.value.code == "assess-records-missing"
    assert stopped.value.where == {"records": 1}
    assert not (area.root / "assessed").exists()


def test_no_matches_at_all(area):
    area.matches.clear()
    documents = area.documents()
    assert len(documents) == 3
    assert decode(documents["H000003"]).totals.houses.value == "0"


def test_the_same_bytes_however_the_work_is_cut(area, monkeypatch):
    for number in range(40):
        area.household(f"H1{number:05d}", ["320102", "320104", "321302"][number % 3])
        area.record("bank_02", "deposit", f"H1{number:05d}-1", account=f"B{number}", balance=Decimal(number))
    whole = area.documents()
    monkeypatch.setattr(stage, "PART", 7)
    monkeypatch.setattr(stage, "BATCH", 3)
    assert area.documents("again") == whole
    area.matches.reverse()
    area.families.reverse()
    assert area.documents("reversed") == whole
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert area.documents("processes", run=pool.map) == whole


def test_what_a_killed_attempt_left_is_replaced(area):
    first = area.documents()
    (area.root / "assessed" / "county=999999.parquet").write_bytes(b"left over")
    assert area.documents() == first
    assert not list(area.root.glob(".assessed*"))


def test_two_processes_that_assess_at_once_do_not_touch_each_other(area, monkeypatch):
    """The second runs from begin to end while the first has everything written but not yet its name."""
    inputs, basis, out = area.inputs, area.basis, area.root / "assessed"
    counts = []

    def meanwhile(_name: str) -> None:
        monkeypatch.setattr(stage, "checkpoint", lambda _name: None)
        counts.append(assess(inputs, basis, out))

    monkeypatch.setattr(stage, "checkpoint", meanwhile)
    counts.append(assess(inputs, basis, out))
    assert counts == [3, 3]
    assert sum(pq.read_metadata(path).num_rows for path in out.glob("county=*.parquet")) == 3
    assert not list(area.root.glob(".assessed*"))


def test_a_row_set_aside_about_a_member_reaches_only_that_household(area):
    area.unusable = []
    before = area.documents()
    area.unusable = [
        {"member_ref": "H000003-1", "source": "bank_01", "category": "deposit"},
        {"member_ref": "H000003-1", "source": "bank_01", "category": "deposit"},
        {"member_ref": "H000001-2", "source": "bank_01", "category": "deposit"},  # not authorised
    ]
    after = area.documents()
    assert [ref for ref in before if before[ref] != after[ref]] == ["H000003"]
    report = decode(after["H000003"])
    assert report.totals.financial_assets.sources_missing == ("bank_01",)
    assert (report.answers[0].source, report.answers[0].members[0].answer) == ("bank_01", "no_answer")
    assert report.conclusion.outcome == "cannot_determine"
    area.silent.add("bank_01")  # then nobody has an answer there anyway
    assert decode(area.documents()["H000003"]).answers[0].state == "unreachable"


def test_without_the_file_nothing_was_set_aside(area):
    without = area.documents()
    area.unusable = []
    assert area.documents() == without


def test_documents_are_canonical(area):
    for document in area.documents().values():
        assert encode(decode(document)) == document
        assert json.loads(document)["schema"] == {"id": "hedui-report", "version": 1}


def test_sources_are_those_of_the_manifests_and_stand_as_recorded(tmp_path):
    class Dataset:
        def __init__(self, category):
            self.category = category

    class Manifest:
        name = Words(zh="甲银行", en="Bank A")
        kind = "bank"
        required = True
        datasets = (Dataset("wealth_product"), Dataset("deposit"))

    answers = pa.table(
        {
            "source": ["bank_01"],
            "state": ["refused"],
            "as_of": pa.array([None], pa.date32()),
            "problem": ["stale-delivery"],
            "set_aside": pa.array([7], pa.int64()),
        }
    )
    pq.write_table(answers, tmp_path / "answers.parquet")
    (state,) = stage.source_states({"bank_01": Manifest()}, tmp_path / "answers.parquet")
    assert state == SourceState(
        id="bank_01",
        name=Words(zh="甲银行", en="Bank A"),
        kind="bank",
        required=True,
        categories=("deposit", "wealth_product"),
        state="refused",
        problem="stale-delivery",
        set_aside=7,
    )
    pq.write_table(answers.drop_columns("set_aside"), tmp_path / "answers.parquet")
    (state,) = stage.source_states({"bank_01": Manifest()}, tmp_path / "answers.parquet")
    assert state.set_aside == 0
