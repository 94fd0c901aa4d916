"""The vault begins another epoch while a night is under way: nothing of the former one is published."""

import pytest

from catalogue.problems import Stop
from hedui.keys import installation
from hedui.pipeline import night, steps
from hedui.registry import batches, database
from hedui.settings import Settings
from tests.conftest import DAY, Office


@pytest.fixture
def inside(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose steps can be called in this process."""
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    return office


def begin_epoch() -> None:
    """Begin another epoch and let the registry know, as a shredding does first."""
    settings = Settings()
    following = installation.vault(settings).next_epoch()
    with database.session(database.connect(settings)) as session:
        batches.set_vault_epoch(session, following.epoch)


def refused(step, *arguments) -> dict[str, str | int]:
    with pytest.raises(Stop) as error:
        step(*arguments)
    assert error.value.code == "batch-epoch-old"
    return error.value.where


def test_reports_of_a_former_epoch_are_sealed_anew_and_not_published(inside) -> None:
    run_id = steps.select(DAY)
    steps.validate(run_id, "bank_22", steps.land(run_id, "bank_22", steps.extract(run_id, "bank_22")))
    steps.match(run_id)
    cities = steps.assess(run_id)
    written = {city: steps.report(run_id, city) for city in cities}
    attempts = set((inside.home / "store").glob("reports/*/*/*"))
    assert {city: steps.report(run_id, city) for city in cities} == written
    assert set((inside.home / "store").glob("reports/*/*/*")) == attempts, "what is sealed is not sealed again"

    begin_epoch()
    assert (refused(steps.publish, run_id)["epoch"], inside.call("report", "list").exit_code) == (1, 4)
    # This process's worker still holds the former epoch's key, as one does whose file of keys is not exported anew.
    assert refused(steps.report, run_id, cities[0])["current"] == 2
    night.open_night.cache_clear()
    assert steps.report(run_id, cities[0]) == written[cities[0]]
    if len(cities) > 1:
        refused(steps.publish, run_id)
    assert {city: steps.report(run_id, city) for city in cities} == written
    assert steps.publish(run_id) == "degraded"

    assert len(inside.reports()) == sum(written.values())
    with database.session(database.connect(Settings()), readonly=True) as session:
        places = batches.of_run(session, run_id)
    assert {place.epoch for place in places.values()} == {2}
    left = {
        path.relative_to(inside.home / "store").as_posix() for path in (inside.home / "store").glob("reports/*/*/*")
    }
    assert left == {place.folder for place in places.values()}
