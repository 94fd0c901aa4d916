"""A stolen disk gives nothing: no planted ID number, name or amount lies in plain text in any file of a database."""

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hedui.registry import database, people

AMOUNT = "918273645.19"


def _files(settings):
    if settings.database_url:
        return [path for path in Path(settings.database_url.partition("host=")[2]).rglob("*") if path.is_file()]
    return [path for path in settings.home.iterdir() if path.name.startswith("registry")]


@pytest.fixture
def planted(engine, keyring, rows, write):
    """Import people, then change them, so that old values have passed through every log."""
    rows[0] |= {"declared_monthly_income": AMOUNT}
    changed = [row | {"name": f"改{row['name']}", "township": "别处"} for row in rows]
    for version in (rows, changed):
        with database.session(engine) as session:
            assert people.import_file(session, keyring, write(version)).taken_in
    values = {row[name] for row in rows for name in ("resident_id", "name")} | {AMOUNT, "欧阳", "阿依古丽"}
    values |= {value[:17] for value in values if len(value) == 18}
    encoded = {value.encode(encoding) for value in values for encoding in ("utf-8", "gb18030", "utf-16-le")}
    return {value for value in encoded if len(value) > 5}  # shorter ones are met in sealed bytes by chance


def _where_found(settings, planted):
    found = set()
    for path in _files(settings):
        with suppress(FileNotFoundError):  # PostgreSQL removes files of its own
            content = path.read_bytes()
            if any(value in content for value in planted):
                found.add(path.name)
    return found


def test_no_file_of_the_database_holds_a_planted_value(engine, settings, planted):
    assert _files(settings)
    if not settings.database_url:
        assert {path.name for path in _files(settings)} >= {"registry.db", "registry.db-wal"}
    assert _where_found(settings, planted) == set()
    with database.session(engine) as session:
        if settings.database_url:
            session.connection().exec_driver_sql("COMMIT")
            session.connection().exec_driver_sql("CHECKPOINT")
    assert _where_found(settings, planted) == set()
    if not settings.database_url:
        engine.dispose()  # the last connection writes the log into the database
        assert {path.name for path in _files(settings)} == {"registry.db"}
        assert _where_found(settings, planted) == set()


def test_the_search_would_find_a_value(engine, settings, planted):
    del planted
    with database.session(engine) as session:
        session.execute(text("UPDATE households SET township = '找得到的街道' WHERE ref = 'H000001'"))
    assert _where_found(settings, {"找得到的街道".encode()})


def test_an_error_of_the_database_quotes_no_value(engine, rows):
    values = {"name": rows[0]["name"], "number": rows[0]["resident_id"]}
    with pytest.raises(DBAPIError) as failed, database.session(engine) as session:
        session.execute(text("INSERT INTO members (no_such_column, name) VALUES (:name, :number)"), values)
    assert not any(value in str(failed.value) for value in values.values())
