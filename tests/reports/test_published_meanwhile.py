"""While a run is being published, every reader has one whole run: the one before, or the new one."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from hedui.registry import batches, database, runs
from hedui.settings import Settings
from tests.reports.populated import COUNTIES, DAY, HOUSEHOLDS, Populated, document


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request, tmp_path) -> Populated:
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    return Populated.at(Settings(home=tmp_path / "home", database_url=url))


def seen(made: Populated) -> tuple[str, dict[str, bytes]]:
    """List the current run in one transaction and open every report of it."""
    with database.session(made.registry, readonly=True) as session:
        run = runs.current(session, DAY)
        places = batches.of_run(session, run.id)
        found = list(runs.list_reports(session, run.id))
    reader = made.reader()
    return run.id, {row.household_ref: reader.document(places[row.county], row) for row in found}


def one(made: Populated, household: str) -> bytes:
    """Look up and open one report, as `hedui report show` does."""
    with database.session(made.registry, readonly=True) as session:
        row = runs.find_report(session, household)
        place = batches.batch_of(session, row.run_id, row.county)
    return made.reader().document(place, row)


def test_a_reader_sees_the_old_run_or_the_new_one_and_never_an_error(made, monkeypatch):
    monkeypatch.setattr(runs, "_BLOCK", 1)
    old = made.publish(degraded=True)
    with database.session(made.registry) as session:
        new = runs.open_run(session, DAY).id
    sealed = [made.seal(new, county, [f"{household}{county[-1]}" for household in HOUSEHOLDS]) for county in COUNTIES]
    rows = [row for _, some in sealed for row in some]
    household = rows[0].household_ref

    def slowly():
        for row in rows:
            time.sleep(0.1)  # so that readers come in between
            yield row

    def publish():
        with database.session(made.registry) as session:
            runs.publish(session, new, degraded=False, reports=slowly(), batches=[place for place, _ in sealed])
            time.sleep(0.2)

    whole = {run: {row.household_ref: document(run, row.household_ref) for row in rows} for run in (old, new)}
    before, order = [], []
    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(publish)
        while not published.done():
            run, found = seen(made)
            assert found == whole[run]
            assert one(made, household) in {document(old, household), document(new, household)}
            order.append(run)
            before.append(not published.done())
        published.result()
    assert seen(made) == (new, whole[new])
    assert order == sorted(order), "nobody is led back"
    assert order.count(old) >= 3
