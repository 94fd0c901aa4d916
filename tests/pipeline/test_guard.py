"""Unforeseen errors keep their kind and place, and lose their text: it may quote personal data."""

import traceback

import pytest

from catalogue.problems import Skip, Stop
from hedui.pipeline.guard import guarded

PLANTED = "11010519491231002X"


@guarded
def land() -> None:
    int(f"{PLANTED} 张伟")


@guarded
def extract() -> None:
    try:
        int(PLANTED)
    except ValueError:
        raise Skip("interrupted", source="bank_01")  # noqa: B904  what a careless raise leaves behind


def test_the_value_is_nowhere_in_what_is_raised() -> None:
    with pytest.raises(Stop) as caught:
        land()
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.message("zh") + str(caught.value.where)
    assert PLANTED not in shown
    assert "张伟" not in shown
    assert caught.value.code == "internal-fault"
    assert (caught.value.where["stage"], caught.value.where["kind"]) == ("land", "ValueError")
    assert "test_guard.py" in str(caught.value.where["place"])


def test_problems_pass_as_they_are_without_what_was_behind_them() -> None:
    with pytest.raises(Skip) as caught:
        extract()
    assert caught.value.code == "interrupted"
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
