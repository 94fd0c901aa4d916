"""The nightly list of odd look-ups: each rule at and beside its threshold, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalogue.problems import Stop
from hedui.access import audit, odd
from hedui.access.entry import whole
from hedui.access.odd import Actor, odd_day, read_actors, thresholds
from hedui.registry import database, people

DAY = date(2026, 6, 30)  # a Tuesday
NOON = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)  # 12:00 in China
KNOWN = {"clerk": Actor(surname="李", county="320583", township="别处")}


@pytest.fixture
def at(monkeypatch, look):
    """Put a look-up on record at a moment."""

    def record(moment=NOON, household="H000001", **more):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return moment.astimezone(tz)

        with monkeypatch.context() as patched:
            patched.setattr(audit, "datetime", Clock)
            return look(household, **({"case": "C2026-000001"} | more))

    return record


@pytest.fixture
def listed(engine, keyring):
    def read(day=DAY, actors=KNOWN):
        return odd_day(engine, keyring, actors, day)

    return read


def _told(found):
    return [(one.rule, one.seq) for one in found.odd]


def test_an_ordinary_day(at, listed):
    at()
    found = listed()
    assert (found.day, found.entries, found.odd) == (DAY, 1, ())
    assert (found.unknown_surname, found.unknown_address) == ((), ())


def test_a_day_is_one_by_the_offices_clock(at, listed):
    at(datetime(2026, 6, 29, 15, 59, 59, tzinfo=UTC))
    at(datetime(2026, 6, 29, 16, 0, tzinfo=UTC))
    at(datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC))
    at(datetime(2026, 6, 30, 16, 0, tzinfo=UTC))
    assert listed().entries == 2


def test_no_open_case(at, listed):
    at()
    seq = at(case=None)
    at(NOON, "2026-06-30.1", case=None, about="run")
    at(case=None, detail={"carried": 7})  # from before anybody noted the case
    assert _told(listed()) == [("no-open-case", seq)]


@pytest.mark.parametrize(
    ("moment", "is_odd"),
    [
        (datetime(2026, 6, 29, 23, 29, 59, tzinfo=UTC), True),  # 07:29:59
        (datetime(2026, 6, 29, 23, 30, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 10, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 11, 0, tzinfo=UTC), True),  # 19:00
        (NOON - timedelta(days=2), True),  # a Sunday
        (NOON - timedelta(days=1), False),
    ],
)
def test_off_hours(at, listed, moment, is_odd):
    seq = at(moment)
    assert _told(listed((moment + timedelta(hours=8)).date())) == [("off-hours", seq)] * is_odd


def test_days_off_and_days_of_work_in_their_place(at, listed, monkeypatch):
    rules = thresholds()
    hours = rules.off_hours.model_copy(update={"closed": {DAY}, "working": {date(2026, 6, 28)}})
    monkeypatch.setattr(odd, "thresholds", lambda: rules.model_copy(update={"off_hours": hours}))
    seq, sunday = at(), at(NOON - timedelta(days=2))
    assert _told(listed()) == [("off-hours", seq)]
    assert _told(listed(date(2026, 6, 28))) == []
    assert sunday


def _many(at, count, **more):
    return [at(NOON + timedelta(seconds=place), f"H{place:06}", **more) for place in range(count)]


def test_bulk(at, listed):
    most = thresholds().bulk.households
    _many(at, most, actor="at_the_limit")
    over = _many(at, most + 1)
    found = listed()
    assert [(one.rule, one.seq, one.actor, one.household, one.count) for one in found.odd] == [
        ("bulk", over[-1], "clerk", None, most + 1)
    ]


def test_bulk_counts_households_and_not_looks_and_only_within_its_time(at, listed):
    most = thresholds().bulk.households
    for again in range(2):
        _many(at, most, actor="again")
        assert not again or _told(listed()) == []
    for place in range(most + 1):  # one more, but the first is an hour old by then
        at(NOON + timedelta(seconds=place * 3600 / most), f"H{place:06}", actor="steady")
    assert _told(listed()) == []


def test_bulk_counts_a_look_at_a_whole_run(at, listed):
    seq = at(NOON, "2026-06-30.1", about="run", detail={"households": 2000})
    found = listed()
    assert _told(found) == [("bulk", seq)]
    assert found.odd[0].count == 2000


@pytest.fixture
def families(engine, keyring, rows, write):
    """H000001: 欧阳, in 玄武门街道, 320102. H000002: 王 and 李, in another township of 320583."""
    rows = [row | ({"township": "别处"} if row["household"] == "H000002" else {}) for row in rows]
    with database.session(engine) as session:
        assert people.import_file(session, keyring, write(rows)).taken_in


@pytest.mark.usefixtures("families")
def test_own_surname_and_own_address(at, listed):
    at()
    other = at(household="H000002")
    member = at(household="H000002-1", about="member")
    told = [("own-surname", other), ("own-address", other), ("own-surname", member), ("own-address", member)]
    found = listed()
    assert _told(found) == told
    assert {one.household for one in found.odd} == {"H000002"}
    assert _told(listed(actors={"clerk": Actor(surname="赵")})) == []
    # the same name of a township in another county is another township
    assert _told(listed(actors={"clerk": Actor(county="320102", township="别处")})) == []


@pytest.mark.usefixtures("families")
def test_whoever_is_not_known_is_named(at, listed):
    at(household="H000002")
    at(household="H000002", actor="other")
    found = listed(actors={"clerk": Actor(surname="李")})
    assert _told(found) == [("own-surname", 1)]
    assert (found.unknown_surname, found.unknown_address) == (("other",), ("clerk", "other"))


def test_asking_is_on_record_and_never_odd_itself(at, listed, entries):
    at()
    listed()
    said = whole(entries()[1])
    assert (said.action, said.about, said.detail) == ("audit.odd", "trail", {"date": "2026-06-30"})
    today = datetime.now(thresholds().zone).date()
    assert listed(today).entries == 0


def test_yesterday_is_asked_for_by_default(engine, keyring):
    found = odd_day(engine, keyring, {})
    assert found.day == datetime.now(thresholds().zone).date() - timedelta(days=1)


def test_an_entry_that_is_not_whole_stops(at, listed, administrator):
    from sqlalchemy import text

    at()
    with administrator() as connection:
        connection.execute(text("UPDATE audit_entries SET actor = 'other'"))
    with pytest.raises(Stop) as stopped:
        listed()
    assert (stopped.value.code, stopped.value.where) == ("audit-broken", {"seq": 1})


def test_a_rule_that_is_not_in_the_file_is_off(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text("utc_offset_hours = 8\nbesides = []\n[bulk]\nhouseholds = 5\nminutes = 10\n")
    read = thresholds(path)
    assert (read.off_hours, read.no_open_case, read.bulk.households) == (None, None, 5)


@pytest.mark.parametrize(
    "content", ["", "x = 1", "utc_offset_hours = 8\nbesides = []\n[bulk]\nhouseholds = 0\nminutes = 1", "["]
)
def test_rules_that_cannot_be_used_are_named(tmp_path, content):
    path = tmp_path / "odd.toml"
    path.write_text(content)
    with pytest.raises(Stop) as stopped:
        thresholds(path)
    assert stopped.value.code == "audit-rules-refused"


def test_actors_come_from_a_file(tmp_path):
    path = tmp_path / "actors.toml"
    assert read_actors(path) == {}
    path.write_text('["li.na@example.org"]\nsurname = "李"\n[clerk]\ncounty = "320102"\ntownship = "玄武门街道"\n')
    assert read_actors(path) == {
        "li.na@example.org": Actor(surname="李"),
        "clerk": Actor(county="320102", township="玄武门街道"),
    }


@pytest.mark.parametrize("content", ["[clerk]\nsurnam = '李'", "[clerk]\ncounty = '南京'", "clerk = 1", "\xff["])
def test_a_file_of_actors_with_a_mistake_is_named_without_what_it_says(tmp_path, content):
    path = tmp_path / "actors.toml"
    path.write_bytes(content.encode("latin-1", "ignore") if content.startswith("\xff") else content.encode())
    with pytest.raises(Stop) as stopped:
        read_actors(path)
    assert stopped.value.code == "audit-rules-refused"
    assert "李" not in str(stopped.value)
    assert "南京" not in str(stopped.value)
