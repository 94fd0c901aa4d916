"""Manifests of each kind written on the spot, and deliveries decoded from bytes."""

import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from catalogue.problems import Problem
from connectors.decode import decode
from connectors.grammar import Manifest
from connectors.manifest import load

DAY = date(2026, 1, 31)

# the same examples on every machine, and no clock in a verdict
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

TOP = """\
kind = "bank"
name = { zh = "晨光银行", en = "Morning Bank" }
required = true

"""
SFTP = """\
[transport]
kind = "sftp"
host = "${bank_x_host}"
port = "${bank_x_port}"
username = "hedui"
password = "${bank_x_password}"
host_key = "${bank_x_host_key}"

"""
FOLDER = """\
[transport]
kind = "file"
folder = "${bank_x_folder}"

"""
HTTP = """\
[transport]
kind = "http"
base_url = "${bank_x_url}"
auth = { kind = "oauth2", token_url = "${bank_x_url}/token", client_id = "hedui", client_secret = "${bank_x_secret}" }

"""
DATABASE = """\
[transport]
kind = "database"
url = "${bank_x_url}"
username = "hedui"
password = "${bank_x_password}"

"""
FIELDS = """\
fields = [
  { item = "resident_id", column = "CERT" },
  { item = "name", column = "NAME" },
  { item = "account", column = "ACCT" },
  { item = "kind", column = "TYPE", codes = { "1" = "demand", "2" = "fixed" } },
  { item = "balance", column = "BAL", unit = "yuan" },
  { item = "opened_on", column = "OPEN", date = "%Y%m%d" },
]
"""
LINES = """\
[datasets.control]
kind = "lines"
header = 'H(?P<date>\\d{8})'
trailer = 'T(?P<count>\\d+)\\|(?P<sum>-?[\\d.]+)'
date = "%Y%m%d"
sum_item = "balance"
"""
DELIMITED = """\
[[datasets]]
category = "deposit"
path = "DEP_{date:%Y%m%d}.txt"
format = { kind = "delimited", encoding = "gb18030", delimiter = "|", header = true }
"""
HEADERLESS = DELIMITED.replace(
    "header = true", 'header = false, columns = ["CERT", "NAME", "ACCT", "TYPE", "BAL", "OPEN"]'
)
FIXED = """\
[[datasets]]
category = "deposit"
path = "D{date:%Y%m%d}.DAT"
[datasets.format]
kind = "fixed_width"
encoding = "gb18030"
columns = [
  { name = "CERT", bytes = 20 }, { name = "NAME", bytes = 12 }, { name = "ACCT", bytes = 12 },
  { name = "TYPE", bytes = 1 }, { name = "BAL", bytes = 12 }, { name = "OPEN", bytes = 8 },
]
"""
SHEET = """\
[[datasets]]
category = "deposit"
path = "存款_{date:%Y%m%d}.xlsx"
format = { kind = "spreadsheet", header_row = 2 }
"""
SHEET_CONTROL = """\
[datasets.control]
kind = "lines"
header = '.*日期：(?P<date>\\S+).*共(?P<count>\\d+)条.*'
"""
XML = """\
[[datasets]]
category = "deposit"
path = "deposits.xml"
format = { kind = "xml", record = "person" }
"""
ELEMENTS = """\
[datasets.control]
kind = "elements"
date_at = "head/date"
count_at = "@count"
sum_at = "foot/sum"
sum_item = "balance"
"""
JSON = """\
[[datasets]]
category = "deposit"
path = "/v1/deposits"
format = { kind = "json", records = "/data/records" }
paging = { kind = "page", size = 3 }
"""
CURSOR = JSON.replace('"page", size = 3', '"cursor", size = 3, next_at = "/data/next"')
POINTERS = """\
[datasets.control]
kind = "pointers"
date_at = "/data/date"
count_at = "/data/count"
sum_at = "/data/sum"
sum_item = "balance"
"""
QUERY = """\
[[datasets]]
category = "deposit"
query = "SELECT * FROM deposits WHERE day = :business_date ORDER BY id"
"""
CONTROL_QUERY = """\
[datasets.control]
kind = "query"
query = "SELECT business_date, row_count, amount_sum FROM control WHERE delivered_for = :business_date"
sum_item = "balance"
"""
POINTER_FIELDS = FIELDS.replace('column = "', 'column = "/')

WHOLE = {
    "delimited": TOP + SFTP + DELIMITED + FIELDS + LINES,
    "headerless": TOP + FOLDER + HEADERLESS + FIELDS + LINES,
    "fixed_width": TOP + FOLDER + FIXED.replace("[datasets.format]", FIELDS + "[datasets.format]") + LINES,
    "spreadsheet": TOP + FOLDER + SHEET + FIELDS.replace("%Y%m%d", "%Y-%m-%d") + SHEET_CONTROL,
    "xml": TOP + FOLDER + XML + FIELDS + ELEMENTS,
    "json": TOP + HTTP + JSON + POINTER_FIELDS + POINTERS,
    "cursor": TOP
    + HTTP.replace(
        'kind = "oauth2", token_url = "${bank_x_url}/token", client_id = "hedui", client_secret',
        'kind = "signature", key_id = "hedui", secret',
    )
    + CURSOR
    + POINTER_FIELDS
    + POINTERS,
    "database": TOP + DATABASE + QUERY + FIELDS + CONTROL_QUERY,
}


class Read(NamedTuple):
    """All that a delivery decodes to."""

    records: list[dict]
    rejects: list[dict]

    @property
    def reasons(self) -> dict[int, str]:
        return {reject["row"]: reject["reason"] for reject in self.rejects}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Manifest]:
    """Return what makes a manifest from text, or from the name of a kind with some replacements."""

    def make(kind_or_text: str, *replacements: tuple[str, str]) -> Manifest:
        text = WHOLE.get(kind_or_text, kind_or_text)
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "bank_x.toml"
        path.write_text(text, "utf-8")
        return load(path)

    return make


@pytest.fixture
def whole() -> dict[str, str]:
    """One sound manifest of each kind, as text."""
    return dict(WHOLE)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Return what decodes a delivery given as bytes."""

    def read(manifest: Manifest, delivery: bytes | dict[str, bytes]) -> Read:
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for old in raw.iterdir():
            old.unlink()
        for name, content in (delivery if isinstance(delivery, dict) else {"delivery": delivery}).items():
            (raw / name).write_bytes(content)
        records, rejects = [], []
        for part in decode(manifest, manifest.datasets[0], raw, DAY):
            records += part.records.to_pylist()
            rejects += part.rejects.to_pylist()
        return Read(records, rejects)

    return read


@pytest.fixture
def ending() -> Callable[..., str]:
    """Return what says kind and code of a problem, once it is sure that it has words and gives nothing away."""

    def ending(problem: Problem, *planted: str) -> str:
        told = "".join(traceback.format_exception(problem)) + repr(problem)
        for language in ("zh", "en"):
            told += problem.message(language) + problem.hint(language)
        assert not [text for text in planted if text in told]
        assert problem.where["source"] == "bank_x"
        assert problem.__cause__ is None
        assert problem.__suppress_context__
        return f"{type(problem).__name__} {problem.code}"

    return ending


@pytest.fixture
def verdict(read, ending) -> Callable[..., str]:
    """Return what says the code of the problem that a delivery is refused with."""

    def verdict(manifest: Manifest, delivery: bytes | dict[str, bytes]) -> str:
        try:
            read(manifest, delivery)
        except Problem as problem:
            return ending(problem).removeprefix("Skip ")
        return "sound"

    return verdict
