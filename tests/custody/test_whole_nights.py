"""One whole installation, nights and all: its keys replaced and revoked, a household shredded, the next night spent."""

import json

from tests.conftest import Office


def test_nights_before_and_after_keys_were_changed(office: Office, tmp_path):
    worker = tmp_path / "worker.json"
    assert office.night()[0] == 0
    reports = office.reports()

    def keys(*arguments: str):
        ended = office.call("keys", *arguments, "--json")
        assert ended.exit_code == 0, f"{ended.output}\n{ended.exception!r}"
        return json.loads(ended.stdout)

    keys("rotate", "32", "registry", "index", "quarantine", "signing")
    keys("rewrap")
    for name in ("32", "registry", "quarantine"):
        keys("drop", name, "1")
    assert office.reports() == reports
    keys("revoke", "3201")
    keys("revoke", "signing", "1")
    assert office.reports() == reports

    gone, *others = sorted(reports)
    assert keys("shred", gone, "--reason", "request", "--yes")["reports"] == 1
    shown = office.call("report", "show", gone, "--json")
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "destroyed for good" in shown.stderr
    assert {household: office.report(household) for household in others} == {h: reports[h] for h in others}

    keys("worker", str(worker))
    assert office.call("nightly", "--date", "2026-07-01", "--select").exit_code == 0
    next_day = office.call("nightly", "--date", "2026-07-01", "--json", HEDUI_WORKER_KEYS=str(worker))
    assert next_day.exit_code in {0, 3}, next_day.output
    assert json.loads(office.report(gone))["household"]["reference"] == gone
