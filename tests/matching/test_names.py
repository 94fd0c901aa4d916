"""Names: one spelling for the ways of writing one, and agreement that knows how long names are."""

import pickle
from itertools import permutations, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matching import characters, names

DOTS = "\u00b7\u2022\u30fb\uff65\uff0e.\u2027\u2219\u22c5\u3002\uff61\u0387\u2024\u25cf"
BETWEEN = [*DOTS, "", " ", "\u3000", " \u00b7 ", "-", "\u2014", "\u200b", "\t"]


def column(*values: str | None) -> pa.StringArray:
    return pa.array(values, pa.string())


def spelled(name: str | None) -> str | None:
    return names.normalise(column(name))[0].as_py()


def agreed(one: str | None, other: str | None) -> str:
    level, back = names.compare(column(one, other), column(other, one)).tolist()
    assert level == back, "not symmetric"
    return names.LEVELS[level]


# ---- spelling


@pytest.mark.parametrize("dot", BETWEEN)
def test_a_dot_however_typed_or_left_out_makes_no_other_name(dot: str) -> None:
    assert agreed(f"买买提{dot}吐尔逊", "买买提\u00b7吐尔逊") == "same"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 张　伟\u3000", "张伟"),
        ("张\u200b伟\ufeff", "张伟"),
        ("ｗｅｉ  zhang", "WEIZHANG"),
        ("O\u2019Brien", "OBRIEN"),
        ("張偉", "张伟"),
        ("张 偉", "张伟"),
        ("买买提\u00b7阿卜杜熱合曼", "买买提阿卜杜热合曼"),
        ("张\ue863", "张䶮"),
        ("张\ue000", "张\ue000"),  # whose character nobody knows
        ("𫖮", "顗"),
        ("王?", "王?"),
        ("王\u33ff", "王GAL"),  # the code before the first lane: a unit of acceleration
        ("张伟(小)", "张伟"),
        ("张伟（户主）", "张伟"),
        ("张伟[1]", "张伟"),
        ("张伟【曾用名张明】", "张伟"),
        ("张伟〔男〕", "张伟"),
        ("张伟《亡》", "张伟"),
        ("(已迁出)张伟", "张伟"),
        ("张伟((男))", "张伟"),
        ("张伟(曾用名", "张伟"),  # cut by the width of a field
        ("(张伟)", "张伟"),
        ("张伟2", "张伟"),
        ("张伟-２", "张伟"),
        ("张\ue8632", "张䶮"),
        ("2张伟", "2张伟"),
        ("José GARCÍA", "JOSEGARCIA"),
        ("ŁØĐ", "LOD"),
        ("ẖ", "H"),  # has no capital
        ("Q\u0301", "Q"),  # composes with nothing
        ("ZHANG/WEI", "ZHANGWEI"),
        ("1、张伟", "1张伟"),
        ("\uf9d8", "律"),  # a compatibility form of one character
        ("A\u00b4", "A"),
        ("か\u309b", "が"),  # composes only once the space that a spacing mark hides is gone
        ("张\u0000", "张"),
        ("\u00b7", None),
        (" \u3000", None),
        ("", None),
        (None, None),
    ],
)
def test_spelling(typed: str | None, name: str | None) -> None:
    assert spelled(typed) == name
    assert len(names.prepare(column(typed)).text) == 1


@pytest.mark.parametrize(
    "entered",
    ["未知", "无", "無", "不详", "不 详", "佚名", "无名", "無名", "测试", "測試", "暂无", "某某",
     "查无此人", "无名氏", "不清楚", "待补充",
     "NULL", "null", "None", "N/A", "n/a", "NaN", "ＮＵＬＬ", "Unknown", "XXX",
     "0", "000", "123", "/", "***", "#", "??",
     "先生", "王某", "王某某", "王某甲", "阿某", "王先生", "欧阳女士", "李小姐", "李明女士",
     "王*", "王＊明", "张X", "张xx", "张ＸＸ", "张×", "王X明", "王○○", "王〇明", "王Ｏ明", "X",
     "王???", "王????", "王□□", "王〓〓", "王\ufffd\ufffd\ufffd",
     "王小明、李红", "王小明 / 李红", "王小明;李红", "王小明；李红", "王小明,李红", "王小明，李红", "王小明&李红",
     "王小明+李红", "王小明(夫)、李红(妻)", "王小明2、李红",
     "\ufffd\ufffd", "\ue000", "\U0001f600", "-"],
)  # fmt: skip
def test_what_is_entered_for_no_name_is_none(entered: str) -> None:
    """Two people without a name are not of the same name, however alike that is written."""
    known = names.prepare(column(entered, "张伟"))
    assert known.text.to_pylist() == [None, "张伟"]
    assert known.keys[0] == 0
    assert agreed(entered, entered) == "missing"


@pytest.mark.parametrize(
    "name",
    [
        "吴明",
        "查良镛",
        "无忌",
        "空海",
        "未央",
        "测",
        "同",
        "吴名",
        "NANA",
        "保罗",
        "王?",
        "安娜A1",
        "王士",
        "李小",
        "张生",
        "王和平",
        "王??",
        "王明???",
        "ALEX",
        "OX1",
        "张XIAO",
    ],
)
def test_names_that_look_like_none(name: str) -> None:
    assert spelled(name) == name
    assert agreed(name, name) == "same"
    packed = names.prepare(column(name)).keys[0] < names._HASHED
    assert packed == characters.is_han(name), "a name is not packed for its first character"


any_name = st.one_of(
    st.none(), st.text(max_size=8), st.text(alphabet="张王伟偉明小晓曉章䶮𠮷顗?\ue863\ue000·. aW", max_size=7)
)
han_name = st.text(alphabet="张王伟玮明小晓章敏民名㐀鿿", min_size=1, max_size=4)
columns = st.lists(st.tuples(any_name, any_name), max_size=30)
unhurried = settings(deadline=None)  # other work on the machine is no failure


@pytest.mark.parametrize("name", ["张先生明", "李女士元", "张先明", "李士女"])
def test_a_title_is_one_at_the_end(name: str) -> None:
    assert spelled(name) == name
    assert agreed(name, name) == "same"
    assert agreed(name, name[:-1] + "红") == "similar"


@unhurried
@given(any_name)
@example("\u33ff")
@example("\U0010ffff")
def test_spelling_is_stable(name: str | None) -> None:
    once = spelled(name)
    assert spelled(once) == once
    assert agreed(name, once) == ("missing" if once is None else "same")


@unhurried
@given(st.text(alphabet="张王伟明小晓买提吐", min_size=1, max_size=7), st.data())
def test_what_is_typed_between_characters_tells_nobody_apart(name: str, data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from(BETWEEN), min_size=len(name), max_size=len(name)))
    other = "".join(a + b for a, b in zip(name, gaps, strict=True)).translate(str.maketrans("张伟晓买", "張偉曉買"))
    assert agreed(name, other) == "same"


# ---- agreement


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张伟", "张伟", "same"),
        ("張偉", "张伟", "same"),
        ("哲", "喆", "same"),
        ("张伟", "张明", "different"),  # half of it, and another person
        ("张伟", "李伟", "different"),
        ("张伟", "伟张", "different"),
        ("张", "张伟", "different"),
        ("张小明", "张晓明", "similar"),
        ("王小明", "王小红", "similar"),
        ("张小明", "张明小", "similar"),
        ("张小明", "张大小", "different"),
        ("张小明", "李大明", "different"),
        ("欧阳娜娜", "欧阳娜", "similar"),
        ("欧阳娜娜", "阳娜娜", "similar"),
        ("欧阳娜娜", "欧阳", "different"),
        ("买买提吐尔逊", "买买提吐尔", "similar"),
        ("阿卜杜热西提买买提明", "阿不都热西提买买提铭", "homophone"),
        ("阿卜杜热西提买买提明", "阿不都热西提买卖提红", "different"),
        ("阿卜杜热西提买买提明", "阿不都热西提买买提明", "similar"),
        ("ZHANGWEI", "ZHANGWEN", "similar"),
        # cut by the width of a field
        ("张伟明", "张伟", "cut"),
        ("张小𪚥", "张小", "cut"),
        ("张伟明", "伟明", "different"),
        ("LIU", "LI", "different"),
        ("买买提吐尔逊江", "买买提吐", "cut"),
        ("买买提吐尔逊江", "买买提", "different"),
        ("买买提吐尔逊江", "买买提尔", "different"),
        # marks for what a system could not write
        ("王?", "王䶮", "unwritten"),
        ("王\u25a1", "王䶮", "unwritten"),
        ("王\ue000", "王䶮", "unwritten"),
        ("王?", "王𠮷", "unwritten"),
        ("王??", "王𠮷", "unwritten"),  # one for each half of a pair of surrogates
        ("王??", "王𪚥", "unwritten"),
        ("王??", "王䶮", "unwritten"),  # one for each byte of GB 18030
        ("王???", "王𠮷", "missing"),  # more than any one character leaves
        ("王□□", "王䶮", "missing"),
        ("王??", "王明", "different"),
        ("王?", "王𬱖", "unwritten"),
        ("王?", "王\u3013", "unwritten"),
        ("王?", "王明", "similar"),  # which no system fails to write
        ("王\ue863", "王䶮", "same"),
        ("??", "王䶮", "missing"),  # not a character that anybody can read
        ("??", "??", "missing"),
        ("王?", "李䶮", "different"),
        ("王?明", "王䶮", "different"),
        ("?王", "䶮李", "different"),
        ("张?", "张??", "different"),
        # one sound
        ("张伟", "章玮", "homophone"),
        ("王䶮", "王岩", "homophone"),
        ("张单", "张山", "homophone"),  # 单 is also a surname, SHAN
        ("章小敏", "张晓民", "homophone"),
        ("张伟明", "章玮", "different"),
        ("麦买提吐尔迅", "买买提吐尔逊", "homophone"),
        # Latin letters
        ("WEI ZHANG", "张伟", "pinyin"),
        ("ZHANGWEI", "張偉", "pinyin"),
        ("zhang wei", "张伟", "pinyin"),
        ("张WEI", "张伟", "pinyin"),
        ("NANA OUYANG", "欧阳娜娜", "pinyin"),
        ("ZHANG MING", "张伟", "different"),
        ("WANG XIAO MING", "王小明", "pinyin"),
        ("XIAOMING WANG", "王小明", "pinyin"),
        ("ZHANG/WEI", "张伟", "pinyin"),
        # words in another order
        ("SMITH JOHN", "John Smith", "similar"),
        ("Smith, John Paul", "JOHN PAUL SMITH", "similar"),
        ("XIAOMING WANG", "WANG XIAOMING", "similar"),
        ("García José", "JOSE GARCIA", "similar"),
        ("ALI", "LIA", "different"),
        ("ALIM", "MALI", "different"),  # a single letter is no word
        ("JOHN SMITH", "JOHN SMYTHE", "similar"),
        ("张A明B", "明B张A", "different"),
        # what was added
        ("王小明(曾用名王明)", "王小明", "same"),
        ("王小明(曾用名王明)", "王明", "different"),
        ("王小明2", "王小明", "same"),
        ("王小明、李红", "王小明", "missing"),
        ("王小明、李红", "李红", "missing"),
        # what was hidden
        ("王某", "王某", "missing"),
        ("张XX", "张伟", "missing"),
        ("WEI", "张伟", "different"),
        (None, "张伟", "missing"),
        ("\u00b7", "\u00b7", "missing"),
        (None, None, "missing"),
    ],
)
def test_agreement_knows_lengths(one: str | None, other: str | None, level: str) -> None:
    assert agreed(one, other) == level


@unhurried
@given(columns)
def test_columns_agree_with_single_pairs_on_any_text(pairs: list[tuple[str | None, str | None]]) -> None:
    left, right = column(*(one for one, _ in pairs)), column(*(other for _, other in pairs))
    levels = names.compare(left, right)
    assert levels.dtype == np.int8
    assert [names.LEVELS[level] for level in levels] == [agreed(one, other) for one, other in pairs]
    assert levels.tolist() == names.compare(pa.chunked_array([left]), names.prepare(right)).tolist()
    itself = ["same" if name is not None else "missing" for name in names.normalise(left).to_pylist()]
    assert [names.LEVELS[level] for level in names.compare(left, left)] == itself


@unhurried
@given(columns)
def test_a_selection_is_as_good_as_its_own_column(pairs: list[tuple[str | None, str | None]]) -> None:
    values = [name for pair in pairs for name in pair]
    order = np.random.default_rng(len(values)).permutation(len(values))[: len(values) // 2 + 1]
    part = names.prepare(column(None, *values).slice(1)).take(order).take(np.arange(len(order))[::-1])
    alone = names.prepare(column(*(values[place] for place in order[::-1])))
    assert part.text.equals(alone.text)
    assert len(part) == len(alone) == len(part.text)
    assert names.name_keys(part).tolist() == names.name_keys(alone).tolist()
    assert names.compare(part, alone).tolist() == names.compare(alone, alone).tolist()
    again = pickle.loads(pickle.dumps(part))  # noqa: S301  our own
    assert again.text.equals(part.text)
    assert again.keys.tolist() == part.keys.tolist()


@unhurried
@given(st.lists(st.tuples(han_name, han_name), min_size=1, max_size=200))
def test_arithmetic_says_what_the_texts_say(pairs: list[tuple[str, str]]) -> None:
    left, right = (names.prepare(column(*side)) for side in zip(*pairs, strict=True))
    unequal = np.flatnonzero(left.keys != right.keys)
    packed = names._arithmetic(left.keys, right.keys)
    assert (packed != names._OPEN).all()
    by_text = names._textual(left.take(unequal).text, right.take(unequal).text)
    assert packed[unequal].tolist() == by_text.tolist()
    assert (np.delete(packed, unequal) == 0).all()


def test_arithmetic_says_what_the_texts_say_of_every_short_name_of_three_characters() -> None:
    every = ["".join(name) for length in range(1, 5) for name in product("张章明", repeat=length)]
    one, other = (names.prepare(column(*side)) for side in zip(*permutations(every, 2), strict=True))
    assert names.compare(one, other).tolist() == names._textual(one.text, other.text).tolist()
    assert set(names.compare(one, other)) == {
        names.LEVELS.index(w) for w in ("similar", "cut", "homophone", "different")
    }


@unhurried
@given(han_name, han_name)
def test_similar_is_one_edit_and_never_of_two_characters(one: str, other: str) -> None:
    near = OSA.distance(one, other) == 1 and min(len(one), len(other)) > 2
    assert (agreed(one, other) == "similar") == near


# ---- keys


@unhurried
@given(columns)
def test_keys_are_equal_where_names_are(pairs: list[tuple[str | None, str | None]]) -> None:
    known = names.prepare(column(*(name for pair in pairs for name in pair)))
    keys, texts = names.name_keys(known).tolist(), known.text.to_pylist()
    assert all((key == 0) == (text is None) and key >= 0 for key, text in zip(keys, texts, strict=True))
    assert len(set(keys)) == len(set(texts)) == len(set(zip(keys, texts, strict=True)))


def test_keys_are_the_same_on_every_machine() -> None:
    known = names.prepare(column("张伟", "ZHANG WEI", "买买提\u00b7吐尔逊", None))
    assert known.keys.tolist() == [0x1B202B21, 0x783709868978DE75, 0x764BF7A31EBDA6A2, 0]


def test_names_of_one_hash_are_told_apart() -> None:
    """Two names made up to have one key: equal keys are no proof, and `compare` looks at the text."""
    one, other = "ZHANGKNQAAAAAABA", "ZHANGJLJTZGJNXXF"
    assert len(set(names.prepare(column(one, other)).keys.tolist())) == 1
    assert agreed(one, other) == "different"
    assert agreed(one, one) == agreed(other, "zhang jljtzgjnxxf") == "same"


def test_long_keys_tell_every_byte() -> None:
    base = "阿" * 40
    texts = [base, base[1:], base + "A", *(base[:place] + "卜" + base[place + 1 :] for place in range(40))]
    assert len(set(names.prepare(column(*texts)).keys.tolist())) == len(texts)


# ---- sizes and shapes


def test_unlike_names_in_blocks() -> None:
    left = pa.array(["张小明", "买买提吐尔逊", None, "张伟"] * 20_000)
    right = pa.array(["张晓明", "买买提吐尔", "李大力", "章玮"] * 20_000)
    levels = [names.LEVELS.index(level) for level in ("similar", "similar", "missing", "homophone")]
    assert names.compare(left, right).tolist() == levels * 20_000
    assert names.compare(left.slice(3), right.slice(3)).tolist() == (levels * 20_000)[3:]


def test_endless_names() -> None:
    endless = "买" * 200
    assert agreed(endless, endless[:-1] + "提") == "similar"
    assert agreed(endless, "ZHANG" * 40) == "different"
    assert agreed(endless[:60], "MAI" * 60) == "pinyin"
    assert agreed(endless, endless[:100]) == "cut"
    latin = "ABCDEFGHIJ" * 12
    assert agreed(latin, "Z" * 6 + latin[6:]) == "similar"
    assert agreed(latin, "Z" * 7 + latin[7:]) == "different", "a long name allows no more than six edits"
    assert agreed(endless, endless * 50_000) == "same", "what comes after 200 characters is no name"
    assert agreed("买" * 12 + "提" * 12, "TI" * 12 + "MAI" * 12) == "pinyin"
    assert agreed("买" * 12 + "提" * 13, "TI" * 13 + "MAI" * 12) == "different"  # too many orders to try
    assert agreed(endless, "卖" * 10_000) == "homophone"


@pytest.mark.parametrize(
    "empty",
    [
        pa.array([], pa.string()),
        pa.chunked_array([], pa.string()),
        pa.array([], pa.null()),
        column("张伟").slice(1),
        pa.Array.from_buffers(pa.string(), 0, [None, pa.py_buffer(b""), pa.py_buffer(b"")]),
    ],
)
def test_no_rows(empty: pa.Array) -> None:
    assert len(names.compare(empty, empty)) == len(names.prepare(empty)) == len(names.normalise(empty)) == 0
    assert len(names.prepare(column("张伟")).take(np.array([], np.int64)).text) == 0


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_other_kinds_of_columns(kind: pa.DataType) -> None:
    values = column("张 伟", None, "張偉").cast(kind)
    assert names.normalise(values).to_pylist() == ["张伟", None, "张伟"]


def test_names_of_nothing_but_nulls() -> None:
    assert names.prepare(pa.nulls(3)).keys.tolist() == [0, 0, 0]
    assert names.prepare(column("", " ", None)).text.null_count == 3


def test_a_pickled_selection_holds_nothing_else() -> None:
    known = names.prepare(pa.array(["张伟", "买买提·吐尔逊"] * 50_000))
    assert len(pickle.dumps(known.take(np.arange(10)))) < 2_000
    assert len(pickle.dumps(names.prepare(pa.array(["张伟"] * 50_000).slice(0, 10)))) < 2_000
    assert len(pickle.dumps(names.prepare(pa.array(["张伟明"] * 50_000)))) < 50_000 * 24
