"""The dated policy: which entry counts on a day, and every mistake named at once."""

from datetime import date, timedelta

import pytest

from catalogue.text import LANGUAGES
from hedui.custody.retention import Mistake, PolicyRefused, policy

TODAY = date(2026, 7, 1)
KINDS = ("reports", "quarantine", "working", "oversight", "household_changes")
KEYS = ("registry", "index", "quarantine", "region", "signing", "audit", "vault")
ENTRY = 'from = 2026-01-01\ndays = 100\nbasis = "a document"\n'


@pytest.fixture
def written(tmp_path):
    """Write a policy in which some parts are other than usual."""

    def write(**other):
        said = {name: f"[[{name}]]\n{ENTRY}" for name in KINDS}
        said |= {f"keys_{name}": f"[[keys.{name}]]\nwarn = 10\n{ENTRY}" for name in KEYS}
        path = tmp_path / "retention.toml"
        path.write_text("\n".join((said | other).values()), "utf-8")
        return path

    return write


def _mistakes(path):
    with pytest.raises(PolicyRefused) as caught:
        policy(path)
    return list(caught.value.mistakes)


def test_what_is_shipped_says_of_everything_how_long_and_on_what_basis():
    shipped = policy()
    for kind in KINDS:
        assert shipped.period(kind, TODAY).days > 0
    for kind in KEYS:
        assert shipped.key_age(kind, TODAY).warn < shipped.key_age(kind, TODAY).days


def test_what_is_shipped_keeps_at_least_as_long_as_is_asked_for():
    shipped = policy()
    assert shipped.period("reports", TODAY).kept_since(TODAY) <= date(2023, 7, 1)
    assert shipped.period("oversight", TODAY).kept_since(TODAY) <= date(2026, 1, 1)


def test_a_thing_is_kept_for_so_many_whole_days(written):
    assert policy(written()).period("reports", TODAY).kept_since(TODAY) == TODAY - timedelta(days=100)


def test_an_entry_counts_from_its_day_and_not_before(written):
    shorter = f'[[reports]]\nfrom = {TODAY}\ndays = 7\nbasis = "a later document"\n'
    read = policy(written(reports=f"{shorter}\n[[reports]]\n{ENTRY}"))
    assert read.period("reports", TODAY - timedelta(days=1)).days == 100
    assert read.period("reports", TODAY).days == 7
    assert read.period("quarantine", TODAY).days == 100


def test_the_newest_entry_counts_wherever_it_stands(written):
    three = "\n".join(f'[[reports]]\nfrom = {day}\ndays = {days}\nbasis = "x"' for day, days in
                      (("2026-03-01", 30), ("2026-05-01", 50), ("2026-02-01", 20)))  # fmt: skip
    assert policy(written(reports=three)).period("reports", TODAY).days == 50


def test_before_the_first_entry_begins_everything_is_kept(written):
    read = policy(written())
    assert read.period("reports", date(2025, 12, 31)) is None
    assert read.key_age("audit", date(2025, 12, 31)) is None


def test_every_mistake_is_named_at_once(written):
    path = written(
        reports='[[reports]]\nfrom = "2026-01-01"\ndays = 0\nbasis = " "\nnote = "x"\n',
        quarantine=f"[[quarantine]]\n{ENTRY}\n[[quarantine]]\ndays = 1.5\nfrom = 2026-01-01\n",
        working="",
        oversight=f"[oversight]\n{ENTRY}",
        more=f"[[loggs]]\n{ENTRY}",
        keys_region=f"[[keys.region]]\nwarn = -1\n{ENTRY}",
        keys_audit=f"[[keys.audit]]\n{ENTRY}",
        keys_vault="",
    )
    assert _mistakes(path) == [
        Mistake("keys.audit.1.warn", "missing"),
        Mistake("keys.region.1.warn", "warn"),
        Mistake("keys.vault", "missing"),
        Mistake("loggs", "extra_forbidden"),
        Mistake("oversight", "entries"),
        Mistake("quarantine", "twice"),
        Mistake("quarantine.2.basis", "missing"),
        Mistake("quarantine.2.days", "days"),
        Mistake("reports.1.basis", "basis"),
        Mistake("reports.1.days", "days"),
        Mistake("reports.1.from", "from"),
        Mistake("reports.1.note", "extra_forbidden"),
        Mistake("working", "missing"),
    ]


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ("reports = []", Mistake("reports", "entries")),
        ("reports = 3", Mistake("reports", "entries")),
        ("[[reports]]\nfrom = 2026-01-01T00:00:00\ndays = 1\nbasis = 'x'", Mistake("reports.1.from", "from")),
        ("[[reports]]\nfrom = 2026-01-01\ndays = true\nbasis = 'x'", Mistake("reports.1.days", "days")),
        ("[[reports]]\nfrom = 2026-01-01\ndays = 99999999\nbasis = 'x'", Mistake("reports.1.days", "days")),
        (f"[[reports]]\n{ENTRY}\n[[reports]]\n{ENTRY}", Mistake("reports", "twice")),
        ("[[reports]\n", Mistake("", "toml")),
    ],
)
def test_each_mistake_has_its_words(written, said, mistake):
    path = written(reports=said)
    assert _mistakes(path) == [mistake]
    with pytest.raises(PolicyRefused) as caught:
        policy(path)
    for language in LANGUAGES:
        assert len(caught.value.message(language).splitlines()) == 2
        assert str(path) in caught.value.message(language)


def test_two_keys_that_begin_on_one_day_are_a_mistake_too(written):
    twice = f"[[keys.vault]]\nwarn = 1\n{ENTRY}\n[[keys.vault]]\nwarn = 2\n{ENTRY}"
    assert _mistakes(written(keys_vault=twice)) == [Mistake("keys.vault", "twice")]


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    assert _mistakes(tmp_path / "none.toml") == [Mistake("", "unreadable")]
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    assert _mistakes(tmp_path / "latin") == [Mistake("", "toml")]
