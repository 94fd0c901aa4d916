"""Runs: resumed and never done twice, whoever dies and whoever else is at work."""

import multiprocessing
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date

import pytest

from catalogue.problems import Stop
from catalogue.text import text
from hedui.registry import batches, database, runs
from hedui.registry.batches import BatchPlace
from hedui.registry.models import ReportBatch
from hedui.registry.runs import ReportIndexRow

DAY = date(2026, 1, 31)


def _reports(shard, *households):
    return [
        ReportIndexRow(
            household_ref=household,
            county="320102" if household < "H3" else "320583",
            case_ref=f"C-{household}",
            shard=shard,
            offset=100 * at,
            length=100,
            conclusion="within",
            found=1,
            none=50,
            no_answer=4,
            not_authorised=0,
            findings=0,
        )
        for at, household in enumerate(households)
    ]


def _batches(run, rows, epoch=1, signer=b"s" * 16):
    counted = Counter(row.county for row in rows)
    return [
        BatchPlace(run, county, f"folder/{county}", n, b"h" * 32, epoch, signer)
        for county, n in sorted(counted.items())
    ]


def _do(engine, step, *arguments, **named):
    with database.session(engine) as session:
        return step(session, *arguments, **named)


def _open(engine, day=DAY):
    return _do(engine, runs.open_run, day).id


def _publish(engine, run, *, degraded=False, shard="s", households=("H1",), epoch=1):
    rows = _reports(shard, *households)
    return _do(engine, runs.publish, run, degraded, rows, _batches(run, rows, epoch))


def _shards(engine, day=None):
    with database.session(engine, readonly=True) as session:
        current = runs.current(session, day)
        return current and [row.shard for row in runs.list_reports(session, current.id)]


def test_an_open_run_is_resumed(engine):
    assert _open(engine) == "2026-01-31.1"
    assert _open(engine) == "2026-01-31.1"


def test_a_published_and_complete_run_is_returned_as_it_is(engine):
    _publish(engine, _open(engine))
    again = _do(engine, runs.open_run, DAY)
    assert (again.id, again.state) == ("2026-01-31.1", "published")
    assert again.published_at >= again.opened_at


def test_after_a_degraded_run_the_next_edition_takes_over_once_it_is_published(engine):
    _publish(engine, _open(engine), degraded=True, shard="first")
    second = _open(engine)
    assert second == "2026-01-31.2"
    assert _shards(engine) == ["first"]
    _publish(engine, second, shard="second")
    assert _shards(engine) == ["second"]
    assert _open(engine) == second


def test_readers_use_the_latest_date_or_the_one_they_ask_for(engine):
    assert _shards(engine) is None
    for day in (DAY, date(2026, 2, 2), date(2026, 2, 1)):
        _publish(engine, _open(engine, day), shard=day.isoformat(), households=("H1", "H2")[: day.day])
    assert _shards(engine) == ["2026-02-02"] * 2
    assert _shards(engine, DAY) == ["2026-01-31"] * 2
    with database.session(engine, readonly=True) as session:
        assert runs.find_report(session, "H1").shard == "2026-02-02"
        assert runs.find_report(session, "H1", DAY).shard == "2026-01-31"
        assert runs.find_report(session, "H2", date(2026, 2, 1)) is None
        assert runs.find_report(session, "H2").shard == "2026-02-02"
        assert runs.find_report(session, "H9") is None


def test_reports_are_listed_by_region(engine):
    run = _open(engine)
    _publish(engine, run, households=("H4", "H1", "H2"))
    with database.session(engine, readonly=True) as session:
        assert [row.household_ref for row in runs.list_reports(session, run)] == ["H1", "H2", "H4"]
        assert [row.household_ref for row in runs.list_reports(session, run, "3205")] == ["H4"]
        assert [row.household_ref for row in runs.list_reports(session, run, "%")] == []
        assert runs.count_reports(session, run) == 3


def test_a_finished_stage_is_skipped_and_its_figures_stay(engine):
    run = _open(engine)
    assert _do(engine, runs.stage_started, run, "match")
    assert _do(engine, runs.stage_started, run, "match")  # killed before it finished: again
    _do(engine, runs.stage_finished, run, "match", {"certain": 7})
    assert not _do(engine, runs.stage_started, run, "match")
    _do(engine, runs.stage_finished, run, "match", {"certain": 8})
    (stage,) = _do(engine, runs.stages, run)
    assert stage.detail == {"certain": 7}
    assert stage.finished_at >= stage.started_at


def test_only_the_last_attempt_at_a_source_counts(engine):
    run = _open(engine)
    assert _do(engine, runs.begin_attempt, run, "bank_01") == 1
    assert _do(engine, runs.begin_attempt, run, "bank_01") == 2
    late = _do(engine, runs.set_source, run, "bank_01", "accepted", 1, rows=5, quarantined={"bad-date": 1})
    assert late is False
    assert [s.state for s in _do(engine, runs.source_states, run)] == ["running"]
    assert _do(engine, runs.quarantine_counts, run) == []
    known = _do(
        engine,
        runs.set_source,
        run,
        "bank_01",
        "refused",
        2,
        problem="count-mismatch",
        where={"file": "DEP.txt", "expected": 3},
        rows=4,
        rejected=2,
        bytes_=99,
        as_of=DAY,
        quarantined={"bad-money": 1, "bad-date": 1},
    )
    assert known is True
    (state,) = _do(engine, runs.source_states, run)
    assert (state.state, state.attempt, state.problem, state.where) == (
        "refused",
        2,
        "count-mismatch",
        {"file": "DEP.txt", "expected": 3},
    )
    assert (state.rows, state.rejected, state.bytes, state.as_of) == (4, 2, 99, DAY)
    assert [(q.reason, q.count) for q in _do(engine, runs.quarantine_counts, run)] == [
        ("bad-date", 1),
        ("bad-money", 1),
    ]
    assert _do(engine, runs.begin_attempt, run, "bank_01") == 3
    (state,) = _do(engine, runs.source_states, run)
    assert (state.state, state.problem, state.rows, state.finished_at) == ("running", None, 0, None)


def _end_asking(engine, run):
    _do(engine, runs.stage_started, run, "sources")
    _do(engine, runs.stage_finished, run, "sources")


def test_when_the_asking_has_ended_no_answer_is_taken(engine):
    run = _open(engine)
    for source in ("bank_01", "bank_02"):
        _do(engine, runs.begin_attempt, run, source)
    _do(engine, runs.stage_started, run, "sources")
    assert _do(engine, runs.begin_attempt, run, "bank_01") == 2  # what ends the asking records who did not answer
    assert _do(engine, runs.set_source, run, "bank_01", "unreachable", 2, problem="interrupted")
    _do(engine, runs.stage_finished, run, "sources")
    before = [(s.source, s.state, s.attempt) for s in _do(engine, runs.source_states, run)]
    for step in (
        lambda s: runs.begin_attempt(s, run, "bank_01"),
        lambda s: runs.set_source(s, run, "bank_02", "accepted", 1, rows=9),
        lambda s: runs.set_source(s, run, "bank_01", "accepted", 1),
    ):
        with pytest.raises(Stop) as stopped:
            _do(engine, step)
        assert stopped.value.code == "asking-closed"
        assert stopped.value.where["run"] == run
        assert {text("problem-asking-closed", language, **stopped.value.where) for language in ("zh", "en")}
    assert [(s.source, s.state, s.attempt) for s in _do(engine, runs.source_states, run)] == before
    _do(engine, runs.stage_started, run, "match")  # the rest of the night goes on
    _do(engine, runs.start_over, run)
    assert _do(engine, runs.begin_attempt, run, "bank_01") == 1


def test_the_end_of_the_asking_waits_for_an_answer_that_is_being_recorded(engine):
    run = _open(engine)
    _do(engine, runs.stage_started, run, "sources")
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            runs.begin_attempt(session, run, "bank_01")
            ended = pool.submit(_do, engine, runs.stage_finished, run, "sources")
            wait([ended], 0.3)
            assert not ended.done()
        ended.result()


def test_an_answer_waits_for_the_end_of_the_asking_and_is_refused(engine):
    run = _open(engine)
    _do(engine, runs.begin_attempt, run, "bank_01")
    _do(engine, runs.stage_started, run, "sources")
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            runs.stage_finished(session, run, "sources")
            late = pool.submit(_do, engine, runs.set_source, run, "bank_01", "accepted", 1)
            wait([late], 0.3)
            assert not late.done()
        with pytest.raises(Stop) as stopped:
            late.result()
    assert stopped.value.code == "asking-closed"


def test_attempts_at_once_have_different_numbers(engine):
    run = _open(engine)
    with ThreadPoolExecutor(8) as pool:
        attempts = list(pool.map(lambda _: _do(engine, runs.begin_attempt, run, "bank_01"), range(16)))
    assert sorted(attempts) == list(range(1, 17))


def test_opening_at_once_gives_one_run(engine):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: _open(engine), range(16))) == {"2026-01-31.1"}


def test_who_opens_while_another_is_opening_waits_and_gets_the_same_run(engine):
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            first = runs.open_run(session, DAY).id
            second = pool.submit(_open, engine)
            wait([second], 0.3)  # long enough for it to be held up by the open transaction
            assert not second.done()
        assert second.result() == first


def test_publication_waits_for_a_step_that_is_being_recorded(engine):
    run = _open(engine)
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            runs.begin_attempt(session, run, "bank_01")
            published = pool.submit(_publish, engine, run)
            wait([published], 0.3)
            assert not published.done()
        assert published.result()


def test_publishing_at_once_publishes_once(engine):
    run = _open(engine)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda at: _publish(engine, run, shard=f"s{at}", households=("H1", "H2")), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert _shards(engine) == [f"s{done.index(True)}"] * 2


def test_nothing_is_recorded_in_a_published_or_unknown_run(engine):
    run = _open(engine)
    _do(engine, runs.begin_attempt, run, "bank_01")
    _publish(engine, run, degraded=True)
    for step in (
        lambda s, r: runs.stage_started(s, r, "match"),
        lambda s, r: runs.stage_finished(s, r, "match"),
        lambda s, r: runs.begin_attempt(s, r, "bank_01"),
        lambda s, r: runs.set_source(s, r, "bank_01", "accepted", 1),
    ):
        for which in (run, "2026-01-30.1"):
            with pytest.raises(Stop) as stopped:
                _do(engine, step, which)
            assert stopped.value.code == "run-closed"
    with pytest.raises(Stop):
        _do(engine, runs.publish, "2026-01-30.1", degraded=False, reports=[], batches=[])


def test_a_publication_that_fails_leaves_the_old_run_whole(engine):
    _publish(engine, _open(engine), degraded=True, shard="old")
    run = _open(engine)

    def broken():
        yield from _reports("new", "H1", "H2")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        _do(engine, runs.publish, run, degraded=False, reports=broken(), batches=[])
    assert _shards(engine) == ["old"]
    assert _open(engine) == run


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_publication_with_reports_missing_or_too_many_is_none(engine, monkeypatch, expected):
    monkeypatch.setattr(runs, "_BLOCK", 1)
    _publish(engine, _open(engine), degraded=True, shard="old")
    run = _open(engine)
    rows = _reports("new", "H1", "H2")
    publication = {"degraded": False, "reports": rows, "batches": _batches(run, rows)}
    with pytest.raises(Stop) as stopped:
        _do(engine, runs.publish, run, **publication, expected=expected)
    assert stopped.value.code == "reports-incomplete"
    assert stopped.value.where == {"run": run, "expected": expected, "found": 2}
    assert _shards(engine) == ["old"]
    assert _do(engine, runs.count_reports, run) == 0
    assert _open(engine) == run
    assert _do(engine, runs.publish, run, **publication, expected=2)
    assert _shards(engine) == ["new", "new"]


def _answered(engine, run, **sources):
    for source, state in sources.items():
        attempt = _do(engine, runs.begin_attempt, run, source)
        assert _do(engine, runs.set_source, run, source, state, attempt)
    _end_asking(engine, run)
    return run


def test_an_edition_with_fewer_answers_does_not_replace_a_better_one(engine):
    first = _answered(engine, _open(engine), bank_01="accepted", bank_02="accepted", bank_03="refused")
    assert not _do(engine, runs.is_current, first)
    _publish(engine, first, degraded=True, shard="first")
    worse = _answered(engine, _open(engine), bank_01="accepted", bank_02="unreachable", bank_03="unreachable")
    assert _publish(engine, worse, degraded=True, shard="worse")
    assert not _publish(engine, worse, degraded=True, shard="again")  # it is on record
    assert _shards(engine) == ["first"]
    assert _do(engine, runs.is_published, worse)
    assert (_do(engine, runs.is_current, first), _do(engine, runs.is_current, worse)) == (True, False)
    assert _do(engine, runs.find_report, "H1").shard == "first"
    equal = _answered(engine, _open(engine), bank_01="accepted", bank_02="refused", bank_03="accepted")
    assert equal == "2026-01-31.3"
    _publish(engine, equal, degraded=True, shard="equal")
    assert _shards(engine) == ["equal"]
    other_day = _answered(engine, _open(engine, date(2026, 2, 1)), bank_01="refused")
    _publish(engine, other_day, degraded=True, shard="other day")
    assert _shards(engine) == ["other day"]


def test_who_is_no_longer_verified_shows_no_old_report_unasked(engine):
    day_after = date(2026, 2, 1)
    _publish(engine, _open(engine), shard="old", households=("H1", "H2"))
    _publish(engine, _open(engine, day_after), degraded=True, shard="first", households=("H1", "H3"))
    _publish(engine, _open(engine, day_after), shard="new", households=("H1",))
    with database.session(engine, readonly=True) as session:
        assert runs.find_report(session, "H1").shard == "new"
        assert runs.find_report(session, "H2") is None
        assert runs.find_report(session, "H2", DAY).shard == "old"
        assert runs.find_report(session, "H3") is None
        assert runs.find_report(session, "H3", day_after) is None
        assert runs.find_report(session, "H1", date(2026, 1, 1)) is None


def _publish_and_die(settings, run, killed_at):
    engine = database.connect(settings)
    reports = _reports("new", *(f"H{at}" for at in range(50)))

    def rows():
        for at, row in enumerate(reports):
            if at == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    with database.session(engine) as session:
        runs.publish(session, run, False, rows(), _batches(run, reports))  # noqa: FBT003
        os.kill(os.getpid(), signal.SIGKILL)  # all is written, nothing committed


@pytest.mark.parametrize("killed_at", [0, 35, None])
def test_a_publication_that_is_killed_leaves_the_old_run_whole(engine, settings, monkeypatch, killed_at):
    monkeypatch.setattr(runs, "_BLOCK", 10)
    _publish(engine, _open(engine), degraded=True, shard="old")
    run = _open(engine)
    engine.dispose()
    process = multiprocessing.get_context("fork").Process(target=_publish_and_die, args=(settings, run, killed_at))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert _shards(engine) == ["old"]
    assert _open(engine) == run
    assert _publish(engine, run, shard="new", households=("H1", "H2"))
    assert _shards(engine) == ["new", "new"]


# --- batches and the vault's epoch -----------------------------------------------------------------------------------


def test_batches_are_published_with_their_reports(engine):
    run = _open(engine)
    rows = _reports("s", "H1", "H2", "H4")
    places = _batches(run, rows)

    def broken(session):
        runs.publish(session, run, degraded=False, reports=rows, batches=places)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _do(engine, broken)
    assert _do(engine, batches.of_run, run) == {}
    _do(engine, runs.publish, run, degraded=False, reports=rows, batches=places)
    assert _do(engine, batches.of_run, run) == {place.county: place for place in places}
    assert _do(engine, batches.batch_of, run, "320583") == places[1]


@pytest.mark.parametrize("wrong", ["missing", "too many", "another county", "counts"])
def test_reports_and_batches_that_do_not_belong_together_are_not_published(engine, wrong):
    run = _open(engine)
    rows = _reports("s", "H1", "H2", "H4")
    one, two = _batches(run, rows)
    places = {
        "missing": [one],
        "too many": [one, two, two._replace(county="320106")],
        "another county": [one, two._replace(county="320106")],
        "counts": [one._replace(count=1), two._replace(count=2)],
    }[wrong]
    with pytest.raises(Stop) as stopped:
        _do(engine, runs.publish, run, degraded=False, reports=rows, batches=places, expected=3)
    assert stopped.value.code == "reports-incomplete"
    assert (_open(engine), _do(engine, runs.count_reports, run), _do(engine, batches.of_run, run)) == (run, 0, {})


def test_a_batch_of_an_epoch_that_has_passed_is_not_published(engine):
    assert _do(engine, batches.vault_epoch) == 1
    _publish(engine, _open(engine), degraded=True, shard="old")
    run = _open(engine)
    _do(engine, batches.set_vault_epoch, 2)
    assert _do(engine, batches.vault_epoch) == 2
    with pytest.raises(Stop) as stopped:
        _publish(engine, run, shard="new")
    assert stopped.value.code == "batch-epoch-old"
    assert stopped.value.where == {"run": run, "county": "320102", "epoch": 1, "current": 2}
    assert {text("problem-batch-epoch-old", language, **stopped.value.where) for language in ("zh", "en")}
    assert (_shards(engine), _open(engine)) == (["old"], run)
    assert _publish(engine, run, shard="new", epoch=2)
    assert _shards(engine) == ["new"]


@pytest.mark.parametrize("known", [False, True])
def test_another_epoch_waits_for_a_publication_under_way(engine, known):
    """Who begins another epoch then finds these batches, and seals them to it before the old key is destroyed."""
    if known:
        _do(engine, batches.set_vault_epoch, 1)
    run = _open(engine)
    rows = _reports("s", "H1")

    def begin_epoch():
        with database.session(engine) as session:
            batches.set_vault_epoch(session, 2)
            return batches.of_run(session, run)

    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            runs.publish(session, run, False, rows, _batches(run, rows))  # noqa: FBT003
            begun = pool.submit(begin_epoch)
            wait([begun], 0.3)
            assert not begun.done()
        assert begun.result().keys() == {"320102"}


@pytest.mark.parametrize("known", [False, True])
def test_a_publication_waits_for_another_epoch_under_way_and_is_refused(engine, known):
    if known:
        _do(engine, batches.set_vault_epoch, 1)
    run = _open(engine)
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            batches.set_vault_epoch(session, 2)
            late = pool.submit(_publish, engine, run)
            wait([late], 0.3)
            assert not late.done()
        with pytest.raises(Stop) as stopped:
            late.result()
    assert stopped.value.code == "batch-epoch-old"


def test_a_run_that_an_older_build_sealed_can_be_spent_again(engine):
    run = _answered(engine, _open(engine), bank_01="accepted", bank_02="accepted")
    _publish(engine, run, shard="old")
    assert _open(engine) == run
    with database.session(engine) as session:
        session.delete(session.get(ReportBatch, (run, "320102")))
    with pytest.raises(Stop) as stopped:
        _do(engine, batches.batch_of, run, "320102")
    assert stopped.value.code == "report-format-older"
    assert stopped.value.where == {"run": run, "county": "320102", "date": "2026-01-31"}
    again = _answered(engine, _open(engine), bank_01="accepted", bank_02="refused")
    assert again == "2026-01-31.2"
    _publish(engine, again, degraded=True, shard="new")
    assert _shards(engine) == ["new"]


def test_a_batch_that_a_revoked_key_signed_is_not_published(engine):
    run = _open(engine)
    rows = _reports("s", "H1")
    _do(engine, batches.revoke_signers, [b"t" * 16])
    _do(engine, batches.revoke_signers, [b"t" * 16, b"u" * 16])
    assert _do(engine, batches.revoked_signers) == {b"t" * 16, b"u" * 16}
    with pytest.raises(Stop) as stopped:
        _do(engine, runs.publish, run, False, rows, _batches(run, rows, signer=b"t" * 16))  # noqa: FBT003
    assert stopped.value.code == "batch-signer-revoked"
    assert _open(engine) == run
    assert _publish(engine, run)
    assert _do(engine, batches.batch_of, run, "320102").signer == b"s" * 16


def test_who_revokes_a_signing_key_waits_for_a_publication_under_way(engine):
    """And then finds its batches on record, to be sealed anew."""
    run = _open(engine)
    rows = _reports("s", "H1")

    def revoke():
        with database.session(engine) as session:
            batches.revoke_signers(session, [b"s" * 16])
            return batches.of_run(session, run)

    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            runs.publish(session, run, False, rows, _batches(run, rows))  # noqa: FBT003
            revoking = pool.submit(revoke)
            wait([revoking], 0.3)
            assert not revoking.done()
        assert revoking.result().keys() == {"320102"}


def test_a_publication_waits_for_who_revokes_its_signing_key_and_is_refused(engine):
    run = _open(engine)
    with ThreadPoolExecutor(1) as pool:
        with database.session(engine) as session:
            batches.revoke_signers(session, [b"s" * 16])
            late = pool.submit(_publish, engine, run)
            wait([late], 0.3)
            assert not late.done()
        with pytest.raises(Stop) as stopped:
            late.result()
    assert stopped.value.code == "batch-signer-revoked"
