"""`hedui report`: listing opens nothing, showing is on record first, and every refusal says what to do."""

import json
import sys
from datetime import date

import pytest

from catalogue.regions import lineage
from catalogue.text import LANGUAGES
from hedui.access import audit
from hedui.access.entry import whole
from hedui.access.trail import InRegistry
from hedui.cli import main
from hedui.keys import installation
from hedui.registry import database, runs
from hedui.registry.models import Authorisation, AuthorisationMember, Case, Household, Member
from hedui.reports.model import encode, summary
from hedui.reports.opening import Reader
from hedui.reports.store import ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.suites import INTERNATIONAL
from hedui.settings import Settings

DAY = date(2026, 6, 30)
IDENTITY = "110105194912310021"


@pytest.fixture
def office(tmp_path, monkeypatch, home):
    """One published report, of a household that has a bit of everything."""
    monkeypatch.setenv("HEDUI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("HEDUI_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    home.member(financial_assets="100.00").member(authorised=False).without("bank_43")
    home.deposit(1, "2100.50", "A1").deposit(2, "9.00", "A2", grade="possible")
    home.record("civil_affairs", "death", certificate="D1", died_on="2026-03-01")
    home.record(
        "human_resources", "pension",
        insurance_number="I1", amount="300.00", period_from="2026-06-01", period_to="2026-06-30",
    )  # fmt: skip
    home.record("human_resources", "pension", insurance_number="I2", amount="300.00", period_from="2026-01-01")
    report = home.report
    document = encode(report)

    settings = Settings()
    registry = database.connect(settings)
    installation.begin(settings)
    worker = installation.worker(settings)
    with database.session(registry) as session:
        for row in on_file():
            session.add(row)
            session.flush()
        run_id = runs.open_run(session, DAY).id
    place, rows = ReportStore.at(settings.store).write_batch(
        Place(run_id, "320102"),
        {region: worker.recipient(region) for region in lineage("320102")},
        worker.vault(),
        worker.signing_key(),
        INTERNATIONAL,
        [(summary(report), document)],
        tmp_path,
    )
    with database.session(registry) as session:
        runs.publish(session, run_id, degraded=False, reports=rows, batches=[place])
    return registry, run_id, document


def on_file():
    """The household as the registry knows it: one member has signed."""
    yield Household(ref="H000001", county="320102", township="新街口", fingerprint=b"")
    for number in (1, 2):
        yield Member(
            ref=f"H000001-{number}", household_ref="H000001", number=number, relation="self",
            name=b"", resident_id=b"", id_index=b"", declared=None,
        )  # fmt: skip
    yield Case(ref="C2026-000001", household_ref="H000001", kind="new", purpose="allowance", state="open")
    yield Authorisation(
        number="S2026-000001", household_ref="H000001", signed_on=DAY, valid_until=None, revoked_on=None
    )
    yield AuthorisationMember(authorisation="S2026-000001", member_ref="H000001-1", guardian_ref=None)


@pytest.fixture
def call(monkeypatch, capfdbinary):
    """Run `hedui …` as a shell would; return exit code, standard output, standard error."""

    def run(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["hedui", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        return ended.value.code or 0, out, err.decode()

    return run


def trail(registry):
    with database.session(registry, readonly=True) as session:
        return [whole(stored) for stored in InRegistry(session).entries()]


def test_list_as_json_holds_nothing_personal_and_opens_nothing(office, call, monkeypatch):
    monkeypatch.setattr(Reader, "__init__", None)
    code, out, _ = call("report", "list", "--json")
    assert code == 0
    assert json.loads(out) == [
        {
            "household": "H000001", "county": "320102", "case": "C2026-000001", "business_date": "2026-06-30",
            "run": office[1], "conclusion": "cannot_determine", "found": 4, "none": 0, "no_answer": 1,
            "not_authorised": 50, "findings": 3,
        }
    ]  # fmt: skip
    (entry,) = trail(office[0])
    assert (entry.action, entry.about, entry.subject, entry.detail) == (
        "report.list",
        "run",
        office[1],
        {"households": 1},
    )
    assert (entry.purpose, entry.role, entry.outcome) == ("operations", "demo", "allowed")


def test_list_needs_no_key(office, call):
    Settings().keyring.unlink()
    assert call("report", "list")[0] == 0


@pytest.mark.parametrize(("language", "word"), [("zh", "不予显示"), ("en", "withheld")])
def test_what_a_report_would_withhold_is_not_listed(office, call, monkeypatch, language, word):
    monkeypatch.setenv("HEDUI_LANGUAGE", language)
    with database.session(office[0]) as session:
        session.get(Authorisation, "S2026-000001").revoked_on = DAY
    out = call("report", "list")[1].decode()
    assert out.count(word) == 7  # six columns, and what the word means
    (row,) = json.loads(call("report", "list", "--json")[1])
    assert (row["household"], row["case"], row["conclusion"], row["found"]) == ("H000001", "C2026-000001", None, None)


def test_list_as_a_table(office, call):
    code, out, _ = call("report", "list", "--date", "2026-06-30")
    assert code == 0
    assert "H000001" in out.decode()
    assert "cannot be determined" in out.decode()


def test_show_as_json_is_the_very_document(office, call):
    assert call("report", "show", "H000001", "--json")[:2] == (0, office[2])


def test_showing_is_on_record(office, call):
    call("report", "show", "H000001", "--purpose", "allowance")
    (entry,) = trail(office[0])
    assert (entry.action, entry.about, entry.purpose) == ("report.show", "household", "allowance")
    assert entry.subject == installation.ring(Settings()).pseudonym("H000001")
    assert (entry.region, entry.sources, entry.outcome) == ("320102", ("*",), "allowed")
    assert (entry.detail, entry.case) == ({"run": office[1]}, installation.ring(Settings()).pseudonym("C2026-000001"))
    assert entry.actor


def test_what_cannot_be_put_on_record_is_not_shown(office, call, monkeypatch):
    from catalogue.problems import Stop

    def failing(*_, **__):
        raise Stop("audit-unwritable", kind="OperationalError")

    monkeypatch.setattr(audit, "record", failing)
    monkeypatch.setattr(ReportStore, "_range", None)  # not even fetched
    for arguments in (["show", "H000001", "--json"], ["list", "--json"], ["list"]):
        code, out, err = call("report", *arguments)
        assert (code, out) == (4, b"")
        assert "nothing is shown" in err


@pytest.mark.parametrize("language", LANGUAGES)
def test_show_says_everything_in_both_languages(office, call, monkeypatch, language):
    monkeypatch.setenv("HEDUI_LANGUAGE", language)
    code, out, _ = call("report", "show", "H000001")
    shown = out.decode()
    assert code == 0
    said = {
        "zh": ("核对报告", "南京市", "未应答", "至少", "无法判断", "待确认", "申报", "限额: 800.00", "具名工作人员",
               "2,100.50 元"),
        "en": ("Verification report", "Nanjing", "no answer", "at least", "cannot be determined", "Unconfirmed",
               "Declared", "limit: 800.00", "named person", "2,100.50 yuan"),
    }  # fmt: skip
    for word in (*said[language], "H000001-2", "timed-out", "bank_01:deposit:1", "800.00 × 24 × 2", "2026-06"):
        assert word in shown, word


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["show", "H999999"], "there is no report of such a household"),
        (["show", "H000001", "--date", "2026-06-29"], "no run is published for 2026-06-29"),
        (["list", "--date", "2026-06-29"], "no run is published for 2026-06-29"),
    ],
)
def test_what_is_not_there(office, call, arguments, problem):
    code, out, err = call("report", *arguments)
    assert (code, out) == (4, b"")
    error, hint = err.splitlines()
    assert error == f"error: {problem}"
    assert hint.startswith("hint: ")
    tried = trail(office[0])  # a household that is not there is asked for on record
    assert {entry.outcome for entry in tried} <= {"refused"}


def test_an_empty_registry(tmp_path, monkeypatch, call):
    monkeypatch.setenv("HEDUI_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("HEDUI_LANGUAGE", "en")
    code, _, err = call("report", "list")
    assert code == 4
    assert "no run is published" in err
    assert call("report", "show", "H000001")[0] == 4


def test_another_keyring_opens_nothing(office, call):
    for path in (Settings().keyring, Settings().vault):
        path.unlink()
    installation.begin(Settings())  # new ones
    code, out, err = call("report", "show", "H000001", "--json")
    assert (code, out) == (4, b"")
    assert "signed by a key that is not trusted here" in err


def test_a_lost_keyring_is_missed_and_not_made_anew(office, call):
    Settings().keyring.unlink()
    code, out, err = call("report", "show", "H000001", "--json")
    assert (code, out) == (4, b"")
    assert "is not there" in err
    assert not Settings().keyring.exists()


def test_a_lost_vault_is_missed_and_not_made_anew(office, call):
    Settings().vault.unlink()
    code, out, err = call("report", "show", "H000001", "--json")
    assert (code, out) == (4, b"")
    assert "vault" in err
    assert not Settings().vault.exists()


def test_a_damaged_store(office, call):
    (shard,) = (Settings().home / "store").rglob("*.hdr")
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    code, out, err = call("report", "show", "H000001", "--json")
    assert (code, out) == (4, b"")
    assert "does not open" in err
    shard.unlink()
    code, out, err = call("report", "show", "H000001", "--json")
    assert (code, out) == (4, b"")
    assert "is gone from the report store" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["show", IDENTITY],
        ["show", "H000001", "--date", "June"],
        ["nonsense"],
        ["show", "H000001", "--purpose", "张三 says so"],
    ],
)
def test_wrong_usage(office, call, arguments):
    code, out, err = call("report", *arguments)
    assert (code, out, IDENTITY in err) == (2, b"", False)
    assert trail(office[0]) == []


def test_what_sources_deliver_means_nothing_to_the_terminal(home, capsys):
    from rich.console import Console

    from hedui.reports.show import show

    hostile = "[bold]x[/nonsense] \x1b[2J\u202e1"
    home.member().record("bank_01", "wealth_product", contract="W1", product=hostile, value="1.00")
    show(home.report, Console(width=200), "en")
    shown = capsys.readouterr().out
    assert "[bold]x[/nonsense]" in shown
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
