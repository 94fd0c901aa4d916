"""How a record and an applicant compare: a comparison vector (Fellegi and Sunter, 1969), packed into one int32.

Grade, weight and evidence of a pair follow from its pattern alone. There are a few thousand patterns for any number of
pairs, so what is slow or wordy is done once a pattern.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Patterns: TypeAlias = npt.NDArray[np.int32]
Ints: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.integer] | int

NUMBERS: Final = (
    "equal",  # both numbers valid and the same
    "equal-15",  # the same, after one written with 15 digits was upgraded
    "equal-document",  # a document without a check character, exactly the same
    "equal-text",  # no valid number on either side, but the same text
    "substitution",  # one wrong character: what the typist did
    "swap",  # two neighbours exchanged
    "insertion",  # one character too many
    "deletion",  # one character too few
    "region",  # all but the region agrees
    "birth",  # all but the birth date agrees
    "sequence",  # all but the sequence and check character agrees
    "masked",  # at least ten characters are to be seen, and agree
    "masked-weak",  # seven to nine
    "close-document",  # a document without a check character, one edit away
)
SIDES: Final = ("record", "applicant")  # whose number was the wrong one
NAMES: Final = (  # as `names.LEVELS`, which a test holds equal
    "same",
    "former",
    "unwritten",
    "similar",
    "cut",
    "homophone",
    "pinyin",
    "different",
    "missing",
)
GIVENS: Final = ("unknown", "same", "different")  # of birth date and sex


@dataclass(frozen=True)
class Field:
    """Some bits of a pattern. Values run from 0 to `top`."""

    shift: int
    bits: int
    top: int


FIELDS: Final = {
    "number": Field(0, 5, len(NUMBERS) - 1),  # index into NUMBERS
    "side": Field(5, 1, len(SIDES) - 1),  # index into SIDES; 0 unless the number was repaired
    "name": Field(6, 4, len(NAMES) - 1),  # index into NAMES
    "rarity": Field(10, 6, 63),  # b: a share of 2**(-b/2) bears the applicant's name; 0 unless same or former
    "birth": Field(16, 2, len(GIVENS) - 1),  # index into GIVENS
    "sex": Field(18, 2, len(GIVENS) - 1),  # index into GIVENS
    "rivals": Field(20, 6, 63),  # 0: alone; k: one of k applicants who fit the record alike (63: or more)
}
_RIVALS: Final = FIELDS["rivals"]


def pack(
    number: Values,
    side: Values = 0,
    name: Values = 0,
    rarity: Values = 0,
    birth: Values = 0,
    sex: Values = 0,
    rivals: Values = 0,
) -> Patterns:
    """Return one pattern a pair from the indices of its levels, each an array or one value for all.

    The indices are not checked: they come from the kernels that know the levels.
    """
    given = {
        "number": number,
        "side": side,
        "name": name,
        "rarity": rarity,
        "birth": birth,
        "sex": sex,
        "rivals": rivals,
    }
    packed: Patterns = np.zeros(1, dtype=np.int32)
    for field, values in given.items():
        packed = packed | (np.asarray(values, dtype=np.int32) << FIELDS[field].shift)
    return packed


def unpack(patterns: npt.ArrayLike) -> dict[str, Ints]:
    """Return the index of every field's level, an array each: the reverse of `pack`."""
    packed = np.asarray(patterns, dtype=np.int64)
    return {name: (packed >> field.shift) & ((1 << field.bits) - 1) for name, field in FIELDS.items()}


def with_rivals(patterns: Patterns, counts: Values) -> Patterns:
    """Return the patterns with `rivals` put in place of what stood there: 0 where the candidate stands alone."""
    rest = np.asarray(patterns, dtype=np.int32) & ~np.int32(_RIVALS.top << _RIVALS.shift)
    tied: Patterns = rest | (np.minimum(counts, _RIVALS.top).astype(np.int32) << _RIVALS.shift)
    return tied


def indices(levels: tuple[str, ...], known: tuple[str, ...]) -> list[int]:
    """Return where each of some levels stands among all that a field has."""
    return [known.index(level) for level in levels]
