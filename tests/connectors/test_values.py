"""Named values come from the environment, then from the folder; what is missing is said, what is there never is."""

import pytest

from catalogue.problems import Stop
from connectors.values import Values


def test_the_environment_wins_over_the_folder(tmp_path, monkeypatch) -> None:
    (tmp_path / "bank_x_host").write_text("from-folder\n", "utf-8")
    values = Values(tmp_path)
    assert values.resolve("${bank_x_host}") == "from-folder"
    assert values.resolve("http://${bank_x_host}/a") == "http://from-folder/a"
    monkeypatch.setenv("HEDUI_VALUE_BANK_X_HOST", " from-environment ")
    assert values.resolve("${bank_x_host}") == "from-environment"
    assert values.resolve("nothing named") == "nothing named"


def test_a_missing_value_says_what_was_tried_and_where(tmp_path) -> None:
    with pytest.raises(Stop) as caught:
        Values(tmp_path).resolve("${bank_x_password}")
    said = str(caught.value)
    assert caught.value.code == "missing-value"
    assert "HEDUI_VALUE_BANK_X_PASSWORD" in said
    assert str(tmp_path / "bank_x_password") in said


def test_a_value_is_not_filled_again(tmp_path) -> None:
    (tmp_path / "a").write_text("${b}", "utf-8")
    assert Values(tmp_path).resolve("${a}") == "${b}"


def test_an_unreadable_value_is_not_quoted(tmp_path) -> None:
    (tmp_path / "secret").write_bytes(b"geheim\xff")
    with pytest.raises(Stop) as caught:
        Values(tmp_path).resolve("${secret}")
    assert caught.value.code == "unreadable-value"
    assert "geheim" not in str(caught.value)
