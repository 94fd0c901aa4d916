"""How sources write names: spaces, dots, old forms, homophones, pinyin, cut short, or plainly wrong."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world.names import DOT, vocabulary
from mock_province.world.streams import Ints, Mask, Stream

NAME_ERRORS = (
    "none",
    "dot",
    "space",
    "width",
    "traditional",
    "variant",
    "rare",
    "homophone",
    "pinyin",
    "truncated",
    "mangled",
)
RARE = NAME_ERRORS.index("rare")
# U+2022, U+30FB and U+2027 do not exist in GBK; "" leaves the dot out.
_DOTS_GBK = ("．", ".", "")
_DOTS = (*_DOTS_GBK, "•", "・", "‧")
_PRIVATE_USE = {"䶮": "\ue863"}  # where systems put the character before it had a code point
_WIDE_SPACE = "\u3000"


def write_names(
    rng: Stream, names: pa.StringArray, dotted: Mask, rare: Mask, rates: Mapping[str, float], *, gbk: bool
) -> tuple[pa.StringArray, Ints]:
    """Write n names as a source would; return the text and each one's index into NAME_ERRORS.

    A source that writes GBK has to replace every character that GBK lacks.
    """
    size = len(names)
    kind = np.zeros(size, dtype=np.int64)
    can = {"dot": dotted, "rare": rare, **dict.fromkeys(("space", "width", "traditional", "variant"), ~dotted)}
    can |= dict.fromkeys(("homophone", "pinyin", "mangled"), ~dotted)
    if gbk:
        kind[rare] = RARE
    for code, name in enumerate(NAME_ERRORS[1:], start=1):
        hit = rng.random(size) < rates[name]
        kind[hit & (kind == 0) & can.get(name, True)] = code
    rows = np.flatnonzero(kind)
    salt = rng.integers(0, 1 << 30, size=len(rows))
    old = names.take(pa.array(rows)).to_pylist()
    new = [
        _WRITERS[NAME_ERRORS[code]](name, number, gbk)
        for name, code, number in zip(old, kind[rows].tolist(), salt.tolist(), strict=True)
    ]
    changed = np.fromiter((a != b for a, b in zip(old, new, strict=True)), dtype=bool, count=len(rows))
    kind[rows[~changed]] = 0  # a name without an old form keeps its own
    written = pa.array([n for n, c in zip(new, changed, strict=True) if c], pa.string())
    return pc.replace_with_mask(names, pa.array(kind > 0), written), kind


def _dot(name: str, salt: int, gbk: bool) -> str:  # noqa: FBT001  all writers share one signature
    styles = _DOTS_GBK if gbk else _DOTS
    return name.replace(DOT, styles[salt % len(styles)])


def _split(name: str, between: str) -> str:
    surname = 2 if name[:2] in vocabulary().reading else 1
    return name[:surname] + between + name[surname:]


def _space(name: str, salt: int, _: bool) -> str:  # noqa: FBT001
    return (_split(name, " "), f"{name} ", f" {name}")[salt % 3]


def _width(name: str, salt: int, _: bool) -> str:  # noqa: FBT001
    return (_split(name, _WIDE_SPACE), name + _WIDE_SPACE)[salt % 2]


def _traditional(name: str, _: int, gbk: bool) -> str:  # noqa: FBT001
    return _carried(_exchanged(name, vocabulary().traditional), name, gbk)


def _variant(name: str, _: int, gbk: bool) -> str:  # noqa: FBT001
    return _carried(_exchanged(name, vocabulary().variants), name, gbk)


def _exchanged(name: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(character, character) for character in name)


def _carried(new: str, old: str, gbk: bool) -> str:  # noqa: FBT001
    """Return `new`, but `old` where GBK is all there is and lacks a character of `new`."""
    if gbk:
        try:
            new.encode("gbk")
        except UnicodeEncodeError:
            return old
    return new


def _rare(name: str, salt: int, gbk: bool) -> str:  # noqa: FBT001
    for character, common in vocabulary().rare.items():
        substitutes = [common, "?"] if gbk else [common, "?", _PRIVATE_USE.get(character, common)]
        name = name.replace(character, substitutes[salt % len(substitutes)])
    return name


def _replaced(name: str, salt: int, choices: Callable[[str], tuple[str, ...]]) -> str:
    """Replace one character for which there are choices, a given-name character before the surname."""
    places = [place for place in range(len(name) - 1, -1, -1) if choices(name[place])]
    if not places:
        return name
    place = places[salt % max(1, len(places) - 1)]
    others = choices(name[place])
    return name[:place] + others[salt // 7 % len(others)] + name[place + 1 :]


def _homophone(name: str, salt: int, _: bool) -> str:  # noqa: FBT001
    return _replaced(_plain(name), salt, lambda character: vocabulary().homophones.get(character, ()))


def _mangled(name: str, salt: int, _: bool) -> str:  # noqa: FBT001
    known = vocabulary()
    common = known.given[: known.rare_from]
    return _replaced(_plain(name), salt, lambda old: tuple(c for c in common if c != old))


def _plain(name: str) -> str:
    """Replace rare characters by their common substitutes: a mangled name must not need GB18030."""
    return _exchanged(name, vocabulary().rare)


def _pinyin(name: str, salt: int, _: bool) -> str:  # noqa: FBT001
    reading = vocabulary().reading
    surname = 2 if name[:2] in reading else 1
    spelt = reading[name[:surname]], "".join(reading[c] for c in name[surname:])
    return (" ".join(spelt).upper(), "".join(spelt).upper())[salt % 2]


def _truncated(name: str, _: int, __: bool) -> str:  # noqa: FBT001
    """Cut dotted names at eight characters, others before the last."""
    if DOT in name:
        return name[:8] if len(name) > 8 else name.partition(DOT)[0]  # noqa: PLR2004
    return name[:-1] if len(name) > 2 else name  # noqa: PLR2004


_WRITERS: dict[str, Callable[[str, int, bool], str]] = {
    "dot": _dot,
    "space": _space,
    "width": _width,
    "traditional": _traditional,
    "variant": _variant,
    "rare": _rare,
    "homophone": _homophone,
    "pinyin": _pinyin,
    "truncated": _truncated,
    "mangled": _mangled,
}
