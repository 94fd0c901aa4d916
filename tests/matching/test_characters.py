"""Characters: forms folded into one, private-use codes, what GBK lacks, and readings."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from matching import characters


def folded(character: str) -> str:
    return chr(characters.folds()[ord(character)])


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("張", "张"),
        ("鍾", "钟"),
        ("鐘", "钟"),
        ("峯", "峰"),
        ("於", "于"),
        ("薴", "苎"),  # in two steps
        ("衞", "卫"),  # of Hong Kong
        ("沢", "泽"),  # of Japan
        ("浜", "浜"),  # of Japan, and a character of its own in China
        ("著", "著"),
        ("予", "予"),
        ("堃", "坤"),
        ("𠮷", "吉"),
        ("𫖮", "顗"),  # simplified, but beyond the basic plane: the form within stands for both
        ("顗", "顗"),
        ("张", "张"),
        ("A", "A"),
        ("É", "E"),
        ("Ễ", "E"),
        ("Ø", "O"),
        ("×", "×"),
        ("Й", "Й"),  # no accent: a letter of its own
        ("?", "?"),
    ],
)
def test_forms_fold(written: str, usual: str) -> None:
    assert folded(written) == usual


@pytest.mark.parametrize(
    ("private", "character"),
    [
        ("\ue863", "䶮"),
        ("\ue843", "\u9fb9"),  # given its own code in 2005
        ("\ue864", "\u9fbb"),
        ("\ue854", "\u9fba"),
        ("\ue844", "䜣"),  # the first byte after 7F
        ("\ue842", "䙌"),  # the last before
        ("\ue831", "\U000215d7"),
        ("\ue814", "\ue814"),  # no character of GB 18030
        ("\ue865", "\ue865"),
    ],
)
def test_private_use_codes_are_their_characters(private: str, character: str) -> None:
    assert folded(private) == character


def test_every_private_code_has_a_character() -> None:
    found = [folded(chr(code)) for code in range(0xE815, 0xE865)]
    assert not any("\ue000" <= character <= "\uf8ff" for character in found)


def test_folding_is_done_after_one_step() -> None:
    table = characters.folds()
    assert (table[table] == table).all()
    assert (table[:0x80] == np.arange(0x80)).all()


def test_lanes_are_folded_characters_of_the_basic_plane() -> None:
    lanes = characters.lanes()
    assert lanes[ord("張")] == lanes[ord("张")] == ord("张") - characters.BEFORE
    assert lanes[0xE863] == ord("䶮") - characters.BEFORE
    assert [int(lanes[ord(c)]) for c in "A?·\u4dc0"] == [0, 0, 0, 0]
    assert lanes.max() <= characters.LAST
    # A code is its own folded lane nowhere but where it is known: not even the code before the first lane.
    own = np.flatnonzero(lanes.astype(np.int64) + characters.BEFORE == np.arange(len(lanes)))
    assert characters.is_han("".join(map(chr, own.tolist())))


@pytest.mark.parametrize(
    ("character", "lost"),
    [
        ("䶮", True),
        ("𠮶", True),
        ("吉", True),  # a form of it, 𠮷, is
        ("頔", True),  # and so 𬱖
        ("明", False),
        ("东", False),
        ("?", False),
        ("\U0010fffd", True),
    ],
)
def test_what_gbk_lacks(character: str, lost: bool) -> None:  # noqa: FBT001
    assert characters.lost_in_gbk(character) is lost


def test_readings_are_plain_letters_with_every_heteronym() -> None:
    known = characters.readings()
    assert known["单"] >= {"DAN", "SHAN"}
    assert known["仇"] >= {"CHOU", "QIU"}
    assert known["吕"] == {"LV"}
    assert all(reading.isascii() and reading.isupper() for readings in known.values() for reading in readings)


@pytest.mark.parametrize(
    ("one", "other", "reads"),
    [
        ("ZHANGWEI", "张伟", True),
        ("WEIZHANG", "张伟", True),
        ("ZHANGWE", "张伟", False),
        ("ZHANGWEIA", "张伟", False),
        ("WEI", "张伟", False),
        ("ZHĀNGWĚI", "张伟", True),
        ("OUYANGNANA", "欧阳娜娜", True),
        ("NANAOUYANG", "欧阳娜娜", True),
        ("YANGNANAOU", "欧阳娜娜", False),  # 欧阳 is one surname
        ("MINGZHANGXIAO", "张小明", False),
        ("LVBU", "吕布", True),
        ("LUBU", "吕布", True),
        ("LYUBU", "吕布", True),
        ("LÜBU", "吕布", True),
        ("ZENGXIAN", "曾宪", True),  # not CENG
        ("张WEI", "张伟", True),
        ("ZHANG伟", "张伟", True),
        ("李WEI", "张伟", False),
        ("TUERXUNMAIMAITI", "买买提吐尔逊", True),
        ("ZHANGWEI", "ZHANGWEN", False),
        ("张伟", "章玮", False),
        ("", "张伟", False),
    ],
)
def test_reading_latin_letters(one: str, other: str, reads: bool) -> None:  # noqa: FBT001
    assert characters.reads_as(one, other) is reads
    assert characters.reads_as(other, one) is reads


def test_lanes_and_texts_sound_alike_by_the_same_readings() -> None:
    rng = np.random.default_rng(5)
    known = [c for c in characters.readings() if 0x4E00 <= ord(c) <= 0x9FA5]
    some = rng.choice(known, 3_000)
    pairs = np.array(np.meshgrid(some[:60], some)).reshape(2, -1)
    one, other = (np.array([ord(c) - characters.BEFORE for c in side], np.uint16) for side in pairs)
    shared = characters.share_reading(one, other)
    assert shared.any()
    assert shared.tolist() == [
        not characters.readings()[a].isdisjoint(characters.readings()[b]) for a, b in zip(*pairs, strict=True)
    ]


def test_tables_are_built_lazily_and_the_same_in_every_thread() -> None:
    code = "import sys, matching.names; print([m for m in ('opencc', 'pypinyin', 'rapidfuzz') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    characters.folds.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        tables = [future.result() for future in [pool.submit(characters.folds) for _ in range(4)]]
    assert all((table == tables[0]).all() for table in tables)
