"""When a registry gets a keyring, and when a lost one is missed."""

import pytest

from catalogue.problems import Stop
from hedui.access import audit
from hedui.registry import beginning, database, people


def test_an_empty_registry_begins_with_a_new_keyring(engine, settings):
    assert not settings.keyring.exists()
    made = beginning.keyring(settings, engine).blind_index("x")
    assert beginning.keyring(settings, engine).blind_index("x") == made


@pytest.mark.parametrize("holds", ["members", "entries"])
def test_where_something_was_sealed_a_lost_keyring_is_missed(engine, settings, keyring, rows, write, holds):
    with database.session(engine) as session:
        if holds == "members":
            assert people.import_file(session, keyring, write(rows)).taken_in
        else:
            audit.record(session, keyring, "clerk", "report.show", "H000001", "allowance")
    settings.keyring.unlink()
    with pytest.raises(Stop) as stopped:
        beginning.keyring(settings, engine)
    assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-missing", "keyring")
    assert not settings.keyring.exists()
