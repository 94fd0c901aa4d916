"""The signing key is revoked while a night is under way: nothing that it signed is published."""

import json

import pyarrow.parquet as pq
import pytest

from catalogue.problems import Stop
from hedui.keys import installation
from hedui.pipeline import night, steps, waiting
from hedui.settings import Settings
from tests.conftest import DAY


def test_reports_of_a_revoked_signature_are_sealed_anew_and_not_published(office, monkeypatch):
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    run_id = steps.select(DAY)
    steps.validate(run_id, "bank_22", steps.land(run_id, "bank_22", steps.extract(run_id, "bank_22")))
    steps.match(run_id)
    cities = steps.assess(run_id)
    written = {city: steps.report(run_id, city) for city in cities}
    ended = office.call("keys", "revoke", "signing", "1", "--json")
    assert json.loads(ended.stdout)["open_runs"] == [run_id]
    for step, arguments in ((steps.publish, [run_id]), (steps.report, [run_id, cities[0]])):
        with pytest.raises(Stop) as stopped:  # this process's worker has the old key yet
            step(*arguments)
        assert stopped.value.code == "batch-signer-revoked"
    night.open_night.cache_clear()
    assert {city: steps.report(run_id, city) for city in cities} == written
    attempts = set((office.home / "store").glob("reports/*/*/*"))
    assert {city: steps.report(run_id, city) for city in cities} == written
    assert set((office.home / "store").glob("reports/*/*/*")) == attempts, "what is sealed is not sealed again"
    assert steps.publish(run_id) == "degraded"
    assert len(office.reports()) == sum(written.values())
    assert len(installation.ring(Settings()).signers()) == 1


def test_what_waits_since_before_signers_were_known_is_sealed_again(tmp_path):
    from hedui.registry.batches import BatchPlace

    path = tmp_path / "city=3201.parquet"
    place = BatchPlace("2026-06-30.1", "320102", "folder", 0, b"h" * 32, 1, b"s" * 16)
    waiting.write(path, [], [place])
    assert waiting.places(path) == [place]
    said = json.loads(pq.read_schema(path).metadata[b"batches"])
    older = [{name: value for name, value in one.items() if name != "signer"} for one in said]
    table = pq.read_table(path).replace_schema_metadata({b"batches": json.dumps(older)})
    pq.write_table(table, path)
    assert waiting.places(path) == []
