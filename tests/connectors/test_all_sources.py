"""All 55 sources over their real protocols: every row is the record it was made from, every fault is told apart."""

import datetime as dt
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from catalogue.categories import categories
from catalogue.problems import Problem, Retry
from connectors.decode import decode
from connectors.extract import extract
from connectors.grammar import Manifest
from connectors.manifest import manifests
from connectors.values import Values

DAY = dt.date(2026, 6, 30)
ALL = manifests()
REQUIRED = {
    "public_security", "civil_affairs", "human_resources", "natural_resources", "taxation", "housing",
    *(f"bank_{n:02}" for n in (*range(1, 21), *range(33, 37))),
}  # fmt: skip
LEFT_TO_EXPECTATIONS = "missing_id"  # a defect of the world that decodes well: an empty ID number


def test_there_are_55_sources_of_the_agreed_kinds() -> None:
    assert list(ALL) == sorted(ALL)
    assert sum(m.kind == "department" for m in ALL.values()) == 12
    assert sum(m.kind == "bank" for m in ALL.values()) == 43
    assert {m.id for m in ALL.values() if m.required} == REQUIRED
    assert {d.category for m in ALL.values() for d in m.datasets} == set(categories())
    by_transport = [m.transport.kind for m in ALL.values()]
    assert {k: by_transport.count(k) for k in set(by_transport)} == {"database": 4, "http": 16, "file": 15, "sftp": 20}


def pull(home: Path, into: Path, manifest: Manifest, seconds: float = 30.0) -> dict[str, tuple[pa.Table, pa.Table]]:
    """Extract and decode one source; return records and rejects by category."""
    extract(manifest, DAY, into, Values(home / "values"), seconds=seconds)
    found = {}
    for dataset in manifest.datasets:
        parts = list(decode(manifest, dataset, into / dataset.category, DAY))
        found[dataset.category] = (
            pa.Table.from_batches([p.records for p in parts]),
            pa.Table.from_batches([p.rejects for p in parts]),
        )
    return found


@pytest.mark.parametrize("source", ALL)
def test_every_row_is_the_record_it_was_made_from(province, tmp_path, source) -> None:
    manifest = ALL[source]
    for category, (records, rejects) in pull(province.home, tmp_path / "raw", manifest).items():
        world = pq.read_table(province.home / "world" / "records" / source / f"{category}.parquet").sort_by("row")
        assert records.schema.equals(categories()[category].schema)
        assert sorted([*records["row"].to_pylist(), *rejects["row"].to_pylist()]) == world["row"].to_pylist()

        decodable = pc.or_kleene(pc.is_null(world["defect"]), pc.equal(world["defect"], LEFT_TO_EXPECTATIONS))
        assert records["row"].to_pylist() == world.filter(decodable)["row"].to_pylist()
        sound = world.filter(pc.is_null(world["defect"]))
        found = records.filter(pc.is_in(records["row"], sound["row"]))
        for column in ("resident_id", "name", "as_of", *(item.id for item in categories()[category].items)):
            ours, theirs = found[column].combine_chunks(), sound[column].combine_chunks().cast(found[column].type)
            if column in {"resident_id", "name"}:  # fixed width cannot keep outer spaces apart from padding
                ours, theirs = pc.utf8_trim(ours, " \t\u3000"), pc.utf8_trim(theirs, " \t\u3000")
            assert ours.equals(theirs), column  # (pytest would print them: these people are invented)
        assert found["record_id"].to_pylist() == [f"{source}:{category}:{row}" for row in found["row"].to_pylist()]
        assert records["id_key"].null_count == len(records)


# one source of each form: SFTP with and without names, fixed width, workbook, XML, CSV, the two HTTP APIs, database
FORMS = (
    "bank_01",
    "bank_02",
    "bank_21",
    "transport",
    "disabled_federation",
    "agriculture",
    "taxation",
    "bank_33",
    "human_resources",
)
CODES = {
    "refuse": "unreachable",
    "hang": "timed-out",
    "error": "server-error",
    "password": "access-refused",
    "empty": "empty-delivery",
    "truncated": "truncated-delivery",
    "encoding": "wrong-encoding",
    "stale": "stale-delivery",
    "count": "count-mismatch",
    "column": "missing-column",
    "late": "not-delivered",
}
NETWORK = {"refuse", "hang", "error", "password"}
ONE_OF_EACH_TRANSPORT = {"bank_02", "bank_33", "transport", "human_resources"}
FOLDERS = {"hang": "not-a-file"}  # in a folder it is a pipe in place of the file


@pytest.mark.parametrize("source", FORMS)
def test_every_fault_of_every_form_is_told_apart(province, tmp_path, source) -> None:
    manifest = ALL[source]
    folder = manifest.transport.kind == "file"
    for fault, code in CODES.items():
        if fault in NETWORK and (source not in ONE_OF_EACH_TRANSPORT or (folder and fault in {"error", "password"})):
            continue
        province.fault(source, fault)
        try:
            with pytest.raises(Problem) as caught:
                pull(province.home, tmp_path / fault, manifest, 1.0 if fault == "hang" else 8.0)
        finally:
            province.fault(source, "none")
        problem = caught.value
        assert (fault, problem.code) == (fault, FOLDERS.get(fault, code) if folder else code)
        assert isinstance(problem, Retry) == (fault in {"refuse", "hang", "error"})
        assert problem.where["source"] == source
        for planted in Path(province.home / "values").glob(f"{source}_*"):
            if planted.name.endswith(("password", "secret")):
                assert planted.read_text("utf-8").strip() not in str(problem)
    pull(province.home, tmp_path / "well", manifest)


@pytest.mark.parametrize("source", ["bank_02", "bank_21", "taxation", "human_resources"])
def test_bad_rows_are_set_aside_one_by_one(province, tmp_path, source) -> None:
    province.fault(source, "rows")
    try:
        found = pull(province.home, tmp_path, ALL[source])
    finally:
        province.fault(source, "none")
    rejects = pa.concat_tables([table for _, table in found.values()])
    assert rejects.num_rows > 0.1 * sum(records.num_rows + table.num_rows for records, table in found.values())
    assert all(rejects["line"].to_pylist())


def test_many_sources_are_pulled_side_by_side(province, tmp_path) -> None:
    """One process pulls several sources at once: no state is shared between them."""
    failed: list[str] = []

    def one(source: str) -> None:
        try:
            pull(province.home, tmp_path / source, ALL[source])
        except Exception as error:  # noqa: BLE001
            failed.append(f"{source}: {error}")

    threads = [threading.Thread(target=one, args=(source,)) for source in FORMS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
