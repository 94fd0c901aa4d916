"""Seven households in places that are easily taken for one another, and what is expected, written by hand.

Nothing here is taken from the code under test: not the rights, not the scopes, not the items.
"""

from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert

from hedui.registry import database
from hedui.registry.grants import GrantRow
from hedui.registry.models import (
    Authorisation,
    AuthorisationMember,
    Case,
    CurrentRun,
    Household,
    HouseholdChange,
    Import,
    Member,
    ReportBatch,
    ReportIndex,
    Run,
)

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
DAY = date(2026, 6, 30)
RUN = "2026-06-30.1"
# household → county, township
PLACES = {
    "HA": ("320102", "玄武门街道"),
    "HB": ("320102", "玄武门"),  # its name begins that of HA's
    "HC": ("320102", None),
    "HD": ("320104", "玄武门街道"),  # the same name in another county
    "HE": ("320583", "玉山镇"),
    "HF": ("320205", "东亭街道"),
    "HG": ("321302", "320102"),  # a township that looks like a county
}
# scope → whom it holds; those that are no region hold nobody
SCOPES = {
    "32": "HA HB HC HD HE HF HG",
    "3201": "HA HB HC HD",
    "320102": "HA HB HC",
    "320102/玄武门街道": "HA",
    "320102/玄武门": "HB",
    "320102/玄武": "",
    "320104": "HD",
    "320104/玄武门": "",
    "3205": "HE",
    "320583": "HE",
    "320583/玉山镇": "HE",
    "3202": "HF",
    "320": "",
    "3": "",
    "": "",
    "33": "",
    "%": "",
    "32____": "",
    "320102/": "",
    "320102/%": "",
    "/玄武门街道": "",
    "3201/玄武门街道": "",
    "３２": "",
    "32 ": "",
}
NO_REGIONS = {"320", "3", "", "%", "32____", "320102/", "/玄武门街道", "3201/玄武门街道", "３２", "32 "}
ROLES = ("caseworker", "reviewer", "data_engineer", "auditor", "administrator", "root", "")
READERS = ("caseworker", "reviewer")
# C caseworker, R reviewer, D data engineer, A auditor, M administrator (manager of grants and keys)
RIGHTS = {
    "report.list": "CR",
    "report.show": "CR",
    "report.score": "R",
    "household.import": "CR",
    "household.shred": "M",
    "run.show": "CRDAM",
    "audit.subject": "A",
    "audit.odd": "A",
    "audit.export": "A",
    "audit.checkpoint": "AM",
    "keys.manage": "M",
    "access.list": "AM",
    "access.grant": "M",
    "break_glass.request": "CR",
    "break_glass.approve": "R",
    "housekeeping.run": "M",
    "report.delete": "",
    "": "",
}
LETTERS = dict(zip(ROLES, "CRDAM??", strict=True))
ANYWHERE = {"break_glass.request"}
# purpose → column of ITEMS; another purpose: nothing
PURPOSES = {
    **dict.fromkeys(
        (
            "allowance", "destitute", "margin", "rigid_expenditure", "disaster", "medical", "temporary",
            "single_severely_disabled", "several_disabled", "relapse",
        ),
        "F",
    ),
    **dict.fromkeys(("charity", "housing", "legal_aid", "other"), "O"),
    "education": "E",
    "employment": "W",
    "workers_in_hardship": "W",
    "curiosity": "-",
}  # fmt: skip
# F full, O other help, E education, W work
ITEMS = """
    business_registration   credit_code company role capital status registered_on              FOEW
    death                   certificate died_on                                                FOEW
    deposit                 account kind balance opened_on                                     FOEW
    disability              certificate kind level issued_on                                   F
    farm_machinery          plate kind power registered_on                                     FOEW
    household_registration  household_number address                                           F
    household_registration  relation registered_on                                             FOEW
    housing_fund            account balance monthly_deposit employer                           FOEW
    marriage                certificate status spouse_name registered_on                       FOEW
    medical_enrolment       insurance_number scheme status enrolled_on                         F
    motor_vehicle           plate kind model status registered_on                              FOEW
    pension                 insurance_number amount period_from period_to                      FOEW
    personal_income_tax     declaration employer income_item amount tax period_from period_to  FOEW
    real_estate             certificate address area use share status registered_on            FOEW
    school_enrolment        student_number school stage enrolled_on                            FE
    social_insurance        insurance_number employer base paid_until status                   FW
    vessel                  vessel_number kind tonnage registered_on                           FOEW
    wealth_product          contract product value bought_on                                   FOEW
"""


def item_cells() -> dict[tuple[str, str], str]:
    """Return the letters of ITEMS by category and item."""
    cells = {}
    for line in ITEMS.strip().splitlines():
        category, *items, letters = line.split()
        cells |= {(category, item): letters for item in items}
    return cells


def name_of(role: str, scope: str) -> str:
    """Return the one actor who holds just this role over just this scope."""
    return f"{role or 'nothing'}-{list(SCOPES).index(scope)}"


def fill(engine: Engine) -> None:
    """Put the households with all that hangs on them into the tables, and a published run with their reports."""
    with database.session(engine) as session:
        run = {"id": RUN, "business_date": DAY, "edition": 1, "state": "published", "opened_at": NOW}
        session.execute(insert(Run).values(run | {"degraded": False, "published_at": NOW}))
        session.execute(insert(CurrentRun).values(business_date=DAY, run_id=RUN))
        counts = dict.fromkeys(("rows", "new", "updated", "unchanged"), 0)
        session.execute(insert(Import).values(id=1, at=NOW, sha256="", **counts))
        for ref, (county, township) in PLACES.items():
            _household(session, ref, county, township)
        for county in sorted({county for county, _ in PLACES.values()}):
            batch = {"folder": f"reports/{county}", "count": 1, "head_hash": b"h", "epoch": 1, "signer": b"s"}
            session.execute(insert(ReportBatch).values(run_id=RUN, county=county, **batch))


def _household(session, ref: str, county: str, township: str | None) -> None:
    session.execute(insert(Household).values(ref=ref, county=county, township=township, fingerprint=b""))
    for number in (1, 2):
        sealed = {"name": b"n", "resident_id": b"i", "id_index": b"x", "relation": "self"}
        session.execute(insert(Member).values(ref=f"{ref}-{number}", household_ref=ref, number=number, **sealed))
    session.execute(insert(Authorisation).values(number=f"S-{ref}", household_ref=ref, signed_on=date(2026, 1, 5)))
    session.execute(insert(AuthorisationMember).values(authorisation=f"S-{ref}", member_ref=f"{ref}-1"))
    session.execute(insert(Case).values(ref=f"C-{ref}", household_ref=ref, kind="new", purpose="allowance"))
    session.execute(insert(HouseholdChange).values(import_id=1, household_ref=ref, parts="case", before=b""))
    answers = dict.fromkeys(("found", "none", "no_answer", "not_authorised", "findings", "offset", "length"), 0)
    place = {"county": county, "case_ref": f"C-{ref}", "shard": "s", "conclusion": "within"}
    session.execute(insert(ReportIndex).values(run_id=RUN, household_ref=ref, **place, **answers))


def give(engine: Engine, actor: str, role: str, region: str) -> None:
    """Give a role past every check, as a row of the table."""
    row = {"actor": actor, "role": role, "region": region, "granted_by": "first", "granted_at": NOW}
    with database.session(engine) as session:
        session.execute(insert(GrantRow).values(row))


def give_all(engine: Engine) -> None:
    """Make one actor for every role and scope."""
    given = {"granted_by": "first", "granted_at": NOW}
    rows = [
        {"actor": name_of(role, scope), "role": role, "region": scope} | given
        for role in ROLES
        for scope in SCOPES
        if role
    ]
    with database.session(engine) as session:
        session.execute(insert(GrantRow), rows)
