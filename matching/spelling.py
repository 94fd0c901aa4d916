"""The one spelling of a name: what clerks and systems write around its characters, and what they write for no name."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching import characters

_LONGEST: Final = 200  # characters of a name: no register holds longer ones, and what is longer is no name

# Between Chinese characters these tell one person from the next (王小明、李红); airlines write ZHANG/WEI.
_SEPARATORS: Final = ",;/&+、"
_TWO_PEOPLE: Final = f"\\p{{Han}}[^\\p{{Han}}]*[{_SEPARATORS}][^\\p{{Han}}]*\\p{{Han}}"
_ALL_IN_BRACKETS: Final = "^[([{〈《「『【〔〖]([^)\\]}〉》」』】〕〗]*)[)\\]}〉》」』】〕〗]$"
# What was added to a name: a remark in brackets of any kind, be they closed or not, and a number.
_REMARK: Final = "[([{〈《「『【〔〖][^)\\]}〉》」』】〕〗]*|[)\\]}〉》」』】〕〗]"
_NUMBERED: Final = "([^A-Z0-9])[0-9]+$"
# Spaces, invisible characters, dots of every kind, dashes, apostrophes, accents: typed inside a name, no part of it.
# Written as codes, because many of them look alike: full stops, middle dots, bullets, katakana and hyphenation points.
_BETWEEN: Final = (
    f"[{_SEPARATORS}\\s\\pZ\\p{{Cc}}\\p{{Cf}}\\p{{Pd}}.'`"
    "\\x{B7}\\x{300}-\\x{36F}\\x{387}\\x{2018}\\x{2019}\\x{2022}\\x{2024}\\x{2027}\\x{2219}\\x{22C5}"
    "\\x{25AA}\\x{25CF}\\x{2E31}\\x{2E33}\\x{3002}\\x{30FB}\\x{FE52}\\x{FF0E}\\x{FF61}\\x{FF65}\\x{A78F}]+"
)
# What a system writes for a character that it lacks.
MARK: Final = "[?\ufffd\u25a1\u3013\ue000-\uf8ff\U000f0000-\U0010fffd]"
# What is entered where a name is not known, as it is spelled here.
NOBODY: Final = (
    "无 无名 无名氏 佚名 未知 未详 不详 不明 不清楚 不知道 未填 未填写 未提供 未登记"
    " 户主 婴儿 暂无 没有 空 空白 姓名 测试 待定 待补 待补充 待查 保密 匿名 同上 查无此人"
    " NULL NONE NIL NA #NA NAN UNKNOWN UNDEFINED ANONYMOUS TEST"
)
# A name that was hidden (张*, 张XX, 王○明, 王某), a surname with a title (王先生), and one character with marks for
# several others: two question marks may be the halves of one, two boxes never.
_HIDDEN: Final = (
    f"[*某]|(先生|女士|小姐)$|^.({MARK}{{3,}}|[\u25a1\u3013]{{2}})$|^\\p{{Han}}*[XO×○〇](\\p{{Han}}|[XO×○])*$"
)
HIDING: Final = "某先女姐"  # one for each such name without other marks: a name with one of them is not packed


def spell(names: pa.StringArray) -> pa.StringArray:
    """Return the spelling of each name, as `names.normalise` describes it; null where there is no name."""
    names = pc.utf8_slice_codeunits(names, 0, _LONGEST)
    names = pc.utf8_upper(pc.utf8_normalize(names, form="NFKC"))
    names = pc.replace_substring_regex(pc.utf8_trim_whitespace(names), _ALL_IN_BRACKETS, "\\1")
    names = pc.replace_substring_regex(names, _REMARK, "")
    several = pc.match_substring_regex(names, _TWO_PEOPLE)
    names = pc.replace_substring_regex(names, _BETWEEN, "")
    names = pc.utf8_normalize(names, form="NFKC")  # what stood apart may now compose
    joined = np.frombuffer("\n".join(names.to_pylist()).encode("utf-32-le"), np.uint32)
    table = characters.folds()
    folded = np.where(joined < len(table), table[np.minimum(joined, len(table) - 1)], joined)
    names = pa.array(folded.tobytes().decode("utf-32-le").split("\n")[: len(names)], pa.string())
    names = pc.replace_substring_regex(names, _NUMBERED, "\\1")
    nobody = pc.or_(pc.is_in(names, pa.array(NOBODY.split(), pa.string())), pc.match_substring_regex(names, _HIDDEN))
    named = pc.and_not(pc.match_substring_regex(names, "\\pL"), pc.or_(nobody, several))  # digits alone are no name
    return pc.if_else(named, names, pa.nulls(1, pa.string())[0])
