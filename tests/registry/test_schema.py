"""The schema: what the models say is what the migrations make, on both databases, from empty and back."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from catalogue.problems import Stop
from hedui.registry import database
from hedui.registry.models import Base, Ref
from hedui.settings import Settings


def test_models_and_migrations_say_the_same(engine):
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_down_to_nothing_and_up_again(engine, settings):
    with engine.begin() as connection:
        database.downgrade(connection, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    database.connect(settings).dispose()
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_the_head_by_file_names_is_that_of_alembic(engine):
    with engine.connect() as connection:
        heads = ScriptDirectory.from_config(database.alembic_config(connection)).get_heads()
    assert heads == [database.head()]


def test_a_registry_made_by_a_later_version_is_left_alone(engine, settings):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Stop) as stopped:
        database.connect(settings)
    assert stopped.value.code == "registry-newer"


def _connect(settings, barrier, results):
    barrier.wait()
    try:
        database.connect(settings).dispose()
        results.put(None)
    except BaseException as error:  # noqa: BLE001  whatever it is, the test is to see it
        results.put(repr(error))


def test_processes_that_start_at_once_all_find_it_migrated(settings):
    context = multiprocessing.get_context("fork")
    many = 5
    barrier, results = context.Barrier(many), context.Queue()
    workers = [context.Process(target=_connect, args=(settings, barrier, results)) for _ in range(many)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=60) for _ in workers] == [None] * many
    for worker in workers:
        worker.join()


def test_an_unreachable_registry_is_named_without_its_password(tmp_path):
    settings = Settings(home=tmp_path, database_url="postgresql://hedui:s3cret@127.0.0.1:1/registry")
    with pytest.raises(Stop) as stopped:
        database.connect(settings)
    assert stopped.value.code == "registry-unreachable"
    assert "127.0.0.1" in str(stopped.value)
    assert "s3cret" not in str(stopped.value)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("hedui:s3cret@host", "bad-settings"),
        ("mysql://hedui:s3cret@host/registry", "bad-settings"),
        ("postgresql://127.0.0.1:1/r?password=s3cret", "registry-unreachable"),
    ],
)
def test_an_address_that_does_not_work_is_not_shown_with_its_password(tmp_path, address, code):
    with pytest.raises(Stop) as stopped:
        database.connect(Settings(home=tmp_path, database_url=address))
    assert stopped.value.code == code
    assert "s3cret" not in str(stopped.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(Stop) as stopped:
        database.connect(Settings(home=tmp_path / "home", database_url=""))
    assert stopped.value.code == "home-unusable"


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "registry.db"
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(Stop) as stopped:
        database.connect(Settings(home=tmp_path, database_url=""))
    assert stopped.value.code == "registry-unreachable"


def test_files_of_sqlite_are_their_owners_only(tmp_path):
    settings = Settings(home=tmp_path / "home", database_url="")
    engine = database.connect(settings)
    with database.session(engine, readonly=True) as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(settings.home).iterdir()}
    assert set(modes) == {"registry.db", "registry.db-wal", "registry.db-shm"}
    assert set(modes.values()) == {0o600}


def test_a_reader_does_not_wait_for_a_writer(engine):
    with database.session(engine) as writer:
        writer.execute(text("INSERT INTO households (ref, county, fingerprint) VALUES ('H1', '320102', '')"))
        with database.session(engine, readonly=True) as reader:
            assert reader.scalar(text("SELECT count(*) FROM households")) == 0


def test_a_block_that_raises_leaves_nothing(engine):
    def insert_and_fail():
        with database.session(engine) as session:
            session.execute(text("INSERT INTO households (ref, county, fingerprint) VALUES ('H1', '320102', '')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert_and_fail()
    with database.session(engine, readonly=True) as session:
        assert session.scalar(text("SELECT count(*) FROM households")) == 0


def test_references_sort_by_bytes_on_postgresql_too(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite knows no other order")
    statement = text("SELECT table_name, column_name, collation_name FROM information_schema.columns")
    with engine.connect() as connection:
        collations = {(table, column): found for table, column, found in connection.execute(statement)}
    refs = [column for table in Base.metadata.tables.values() for column in table.columns if column.type is Ref]
    assert len(refs) > 20
    assert {collations[column.table.name, column.name] for column in refs} == {"C"}
