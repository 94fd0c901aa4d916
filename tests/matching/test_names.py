"""Names: one spelling for the ways of typing one, and agreement that knows how long names are."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import names


def spelled(name: str | None) -> str | None:
    return names.normalise(pa.array([name], pa.string()))[0].as_py()


def agreed(one: str | None, other: str | None) -> str:
    left, right = pa.array([one], pa.string()), pa.array([other], pa.string())
    level = names.agreement(names.normalise(left), names.normalise(right))[0].as_py()
    assert names.compare(left, right)[0].as_py() == level, "the short cut differs from the long way"
    assert names.agreement(names.normalise(right), names.normalise(left))[0].as_py() == level, "not symmetric"
    return level


DOTS = "\u00b7\u2022\u30fb\uff65\uff0e.\u2027\u2219\u22c5\u3002\uff61\u0387\u2024\u25cf"


@pytest.mark.parametrize("dot", [*DOTS, "", " ", "\u3000", " \u00b7 ", "-", "\u2014"])
def test_a_dot_however_typed_or_left_out_makes_no_other_name(dot: str) -> None:
    assert agreed(f"买买提{dot}吐尔逊", "买买提\u00b7吐尔逊") == "same"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 张　伟\u3000", "张伟"),
        ("张\u200b伟\ufeff", "张伟"),
        ("ｗｅｉ  zhang", "WEIZHANG"),
        ("O\u2019Brien", "OBRIEN"),
        ("张\ue863", "张\ue863"),
        ("王?", "王?"),
        ("\uf9d8", "律"),  # a compatibility form of one character
        ("A\u00b4", "\u00c1"),  # composes only once the space that a spacing accent hides is gone
        ("\u00b7", None),
        ("", None),
        (None, None),
    ],
)
def test_spelling(typed: str | None, name: str | None) -> None:
    assert spelled(typed) == name


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张伟", "张伟", "same"),
        ("张伟", "张明", "different"),  # half of it, and another person
        ("张伟", "李伟", "different"),
        ("张伟", "张伟明", "different"),  # a ratio of 80, and another person
        ("张伟", "伟张", "different"),
        ("张", "张伟", "different"),
        ("张小明", "张晓明", "similar"),
        ("张小明", "张明小", "similar"),
        ("张小明", "张晓民", "different"),
        ("欧阳娜娜", "欧阳娜", "similar"),
        ("欧阳娜娜", "欧阳", "different"),
        ("买买提吐尔逊", "买买提吐尔", "similar"),
        ("买买提吐尔逊江", "买买提吐", "similar"),  # cut by the width of a field
        ("买买提吐尔逊江", "买买提", "different"),
        ("阿卜杜热西提买买提明", "阿不都热西提买买提敏", "different"),
        ("阿卜杜热西提买买提明", "阿不都热西提买买提明", "similar"),
        ("王?", "王䶮", "similar"),  # a character that one side lacks
        ("王\ue863", "王䶮", "similar"),
        ("??", "王䶮", "different"),
        ("王?", "李䶮", "different"),
        ("王?明", "王䶮", "different"),
        ("张?", "张??", "different"),
        ("ZHANGWEI", "ZHANGWEN", "similar"),
        (None, "张伟", "missing"),
        ("\u00b7", "\u00b7", "missing"),
        (None, None, "missing"),
    ],
)
def test_agreement_knows_lengths(one: str | None, other: str | None, level: str) -> None:
    assert agreed(one, other) == level


any_name = st.one_of(st.none(), st.text(max_size=8), st.text(alphabet="张王伟明小晓?\ue863·. a", max_size=6))


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.tuples(any_name, any_name), max_size=30))
def test_columns_agree_with_single_pairs(pairs: list[tuple[str | None, str | None]]) -> None:
    left = pa.array([one for one, _ in pairs], pa.string())
    right = pa.array([other for _, other in pairs], pa.string())
    levels = names.compare(left, right).to_pylist()
    assert levels == [agreed(one, other) for one, other in pairs]
    assert levels == names.compare(pa.chunked_array([left]), pa.chunked_array([right])).to_pylist()


@settings(deadline=None)  # other work on the machine is no failure
@given(any_name)
def test_spelling_is_stable(name: str | None) -> None:
    once = spelled(name)
    assert spelled(once) == once
    assert agreed(name, once) == ("missing" if once is None else "same")


def test_unlike_names_in_blocks() -> None:
    left = pa.array(["张小明"] * 70_000)
    right = pa.array(["张晓明", "李大力"] * 35_000)
    assert names.compare(left, right).to_pylist() == ["similar", "different"] * 35_000
