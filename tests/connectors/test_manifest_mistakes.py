"""A table of bad manifests and what is said of each: file, line, field, and what was expected."""

import pickle

import pytest

from catalogue.problems import Stop
from connectors.faults import BadManifests
from connectors.manifest import _read, load

CASES = [
    # kind, what is written instead, line and field, words
    ("delimited", "required = true", 'required = "yes"', "3: required", "expected true or false"),
    ("delimited", 'kind = "bank"\n', 'kind = "shop"\n', "1: kind", "expected one of: department, bank"),
    ("delimited", "required = true\n", "", "0: required", "this key is needed"),
    ("delimited", "required = true", "required = true\nurgent = true", "4: urgent",
     "there is no such key here; known are kind, name, required, seconds, transport, datasets"),
    ("delimited", "required = true", "required = true\nseconds = -1", "4: seconds", "expected a number > 0.0"),
    ("delimited", 'en = "Morning Bank"', 'de = "Morgenbank"', "2: name.en", "this key is needed"),
    ("delimited", 'kind = "sftp"', 'kind = "ftp"', "6: transport.kind", "expected one of: file, sftp, http, database"),
    ("delimited", '"${bank_x_password}"', '"hunter2"', "10: transport.password",
     'a secret is never written in a manifest; expected one name: "${bank_01_password}"'),
    ("delimited", 'host_key = "', 'hostkey = "', "11: transport.hostkey",
     "there is no such key here; known are kind, host, port, username, password, host_key"),
    ("delimited", 'category = "deposit"', 'category = "deposits"', "14: datasets[1].category",
     "the catalogue has no category deposits; known are"),
    ("delimited", "DEP_{date:%Y%m%d}.txt", "../DEP.txt", "15: datasets[1].path", "expected a path inside the source"),
    ("delimited", "DEP_{date:%Y%m%d}.txt", "/etc/passwd", "15: datasets[1].path", "expected a path inside the source"),
    ("delimited", "DEP_{date:%Y%m%d}.txt", "DEP_{day}.txt", "15: datasets[1].path", "in braces only the date"),
    ("delimited", '"gb18030"', '"big5"', "16: datasets[1].format.encoding", "expected one of: utf-8, gbk, gb18030"),
    ("delimited", 'delimiter = "|"', 'delimiter = "||"', "16: datasets[1].format.delimiter", "expected one ASCII"),
    ("delimited", "header = true }", "header = false }", "16: datasets[1].format.columns",
     "the columns must be listed"),
    ("delimited", "header = true }", 'header = true, columns = ["A"] }', "16: datasets[1].format.columns",
     "the first line gives the names"),
    ("delimited", 'item = "account", column', 'item = "iban", column', "17: datasets[1].fields[3].item",
     "deposit has no item iban; known are resident_id, name, as_of, account, kind, balance, opened_on"),
    ("delimited", '  { item = "name", column = "NAME" },\n', "", "17: datasets[1].fields", "name must be mapped"),
    ("delimited", 'item = "name"', 'item = "resident_id"', "17: datasets[1].fields[2].item",
     "resident_id is mapped twice"),
    ("delimited", 'unit = "yuan"', 'unit = "dollar"', "17: datasets[1].fields[5].unit", "one of: fen, yuan, wan_yuan"),
    ("delimited", ', unit = "yuan"', "", "17: datasets[1].fields[5].unit", "expected one of: fen, yuan, wan_yuan"),
    ("delimited", 'column = "NAME"', 'column = "NAME", unit = "yuan"', "17: datasets[1].fields[2].unit",
     "has no meaning for an item of type text"),
    ("delimited", '"2" = "fixed"', '"2" = "frozen"', "17: datasets[1].fields[4].codes.2", "one of: demand, fixed"),
    ("delimited", ', date = "%Y%m%d" }', " }", "17: datasets[1].fields[6].date", "say how the date is written"),
    ("delimited", 'date = "%Y%m%d" }', 'date = "%Y%m" }', "17: datasets[1].fields[6].date",
     "expected %Y, %m and %d once each"),
    ("delimited", "(?P<date>", "(?P<day>", "25: datasets[1].control", "exactly one group named date"),
    ("delimited", "(?P<date>", "(?P<day>", "27: datasets[1].control.header", "only be date, count, sum and bytes"),
    ("delimited", "(?P<count>", "(?P<count", "28: datasets[1].control.trailer", "a regular expression"),
    ("delimited", 'sum_item = "balance"', 'sum_item = "kind"', "30: datasets[1].control.sum_item", "one of: balance"),
    ("delimited", 'sum_item = "balance"\n', "", "25: datasets[1].control.sum_item", "say of which item"),
    ("delimited", 'kind = "lines"', 'kind = "pointers"', "26: datasets[1].control.kind",
     "expected one of: lines, companion, elements"),
    ("fixed_width", "bytes = 20", "bytes = 0", "datasets[1].format.columns[1].bytes", "expected a number >= 1"),
    ("fixed_width", 'name = "TYPE"', 'name = "ACCT"', "datasets[1].format.columns", "two columns are called ACCT"),
    ("fixed_width", 'column = "BAL"', 'column = "BALANCE"', "datasets[1].fields[5].column",
     "there is no column BALANCE; known are CERT, NAME, ACCT, TYPE, BAL, OPEN"),
    ("xml", '"head/date"', '"/head/date"', "datasets[1].control.date_at", "a path of elements"),
    ("xml", 'column = "ACCT"', 'column = "//ACCT"', "datasets[1].fields[3].column", "expected a path of elements"),
    ("json", '"/data/count"', '"data.count"', "datasets[1].control.count_at", "expected a JSON pointer"),
    ("json", 'column = "/ACCT"', 'column = "ACCT"', "datasets[1].fields[3].column", "expected a JSON pointer"),
    ("json", '"/v1/deposits"', '"v1/deposits?all"', "datasets[1].path", 'expected a path that begins with "/"'),
    ("json", "size = 3", "size = 0", "datasets[1].paging.size", "expected a number >= 1"),
    ("json", 'client_id = "hedui"', "client_id = 7", "transport.auth.client_id", "expected text in quotes"),
    ("cursor", ', next_at = "/data/next"', "", "datasets[1].paging.next_at", "this key is needed"),
    ("database", "day = :business_date", "day = '2026-01-31'", "datasets[1].query",
     "the query must ask for :business_date"),
    ("database", 'sum_item = "balance"', 'sum_item = "worth"', "datasets[1].control.sum_item",
     "expected one of: balance"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "old", "new", "where", "words"), CASES, ids=[f"{c[0]}-{c[3]}-{i}" for i, c in enumerate(CASES)]
)
def test_each_mistake_is_named_with_its_place(make, kind, old, new, where, words) -> None:
    with pytest.raises(BadManifests) as caught:
        make(kind, (old, new))
    said = caught.value.message("en").splitlines()[1:]
    place, _, field = where.rpartition(" ")
    wanted = f":{place} {field}: " if place and place != "0:" else f" {field}: "
    assert any(wanted in line and words in line for line in said), said
    assert caught.value.message("zh")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("kind", ["delimited", "fixed_width", "spreadsheet", "xml", "json", "cursor", "database"])
def test_a_sound_manifest_of_each_kind_loads(make, kind) -> None:
    assert make(kind).id == "bank_x"


def test_all_mistakes_of_all_files_are_named_at_once(whole, tmp_path) -> None:
    text = whole["delimited"].replace('unit = "yuan"', 'unit = "cent"').replace("required = true", "requird = true")
    text = text.replace('"gb18030"', '"latin"').replace('column = "NAME"', 'colum = "NAME"')
    (tmp_path / "bank_x.toml").write_text(text, "utf-8")
    (tmp_path / "bank_y.toml").write_text("kind = bank", "utf-8")
    (tmp_path / "Bank-Z.toml").write_bytes(b"\xd5\xc5")
    with pytest.raises(Stop) as caught:
        _read([*tmp_path.glob("*.toml"), tmp_path / "bank_w.toml"])
    faults = {(fault.file.rpartition("/")[2], fault.field, fault.code) for fault in caught.value.faults}
    assert faults == {
        ("Bank-Z.toml", "-", "not-utf-8"),
        ("bank_w.toml", "-", "no-such-file"),
        ("bank_x.toml", "datasets[1].fields[2].colum", "unknown-key"),
        ("bank_x.toml", "datasets[1].fields[2].column", "missing-key"),
        ("bank_x.toml", "datasets[1].fields[5].unit", "not-one-of"),
        ("bank_x.toml", "datasets[1].format.encoding", "not-one-of"),
        ("bank_x.toml", "requird", "unknown-key"),
        ("bank_x.toml", "required", "missing-key"),
        ("bank_y.toml", "-", "not-toml"),
    }
    assert next(f.line for f in caught.value.faults if f.code == "not-toml") == 1


def test_a_sum_needs_an_item_and_an_item_a_sum(make) -> None:
    with pytest.raises(BadManifests, match="say where the sum"):
        make("delimited", ("\\|(?P<sum>-?[\\d.]+)", ""))
    with pytest.raises(BadManifests, match="say where the sum"):
        make("json", ('sum_at = "/data/sum"\n', ""))


def test_the_folder_says_what_kind_a_source_is(whole, tmp_path) -> None:
    (tmp_path / "departments").mkdir()
    path = tmp_path / "departments" / "bank_x.toml"
    path.write_text(whole["xml"], "utf-8")
    with pytest.raises(BadManifests, match="expected one of: department"):
        load(path)


def test_the_faults_cross_processes(make) -> None:
    with pytest.raises(BadManifests) as caught:
        make("xml", ("required = true", "required = 1.5"))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert copy.message("en") == caught.value.message("en")
