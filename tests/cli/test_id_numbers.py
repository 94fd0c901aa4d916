"""What may stand on a command line, and what looks too much like a resident ID."""

import random
import uuid

import pyarrow as pa
import pytest

from hedui.cli.id_numbers import looks_like_one
from matching import resident_id

KEYS = [11010519491231002, 32010219750618121, 65010020011111998, 81000019990615123, 91112419810803002]
NUMBERS = resident_id.decode(pa.array(KEYS)).to_pylist()
NUMBER = NUMBERS[1]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_recognised_however_it_is_written(number: str) -> None:
    wide = "".join(chr(ord(place) + 0xFEE0) for place in number)
    parts = number[:6], number[6:14], number[14:]
    for written in (
        number,
        number.lower(),
        wide,
        f"ZWY:{number}:3",
        f"R12 {number}",
        f"bank_07/{number}",
        f" {number} ",
    ):
        assert looks_like_one(written), written
    for between in " -./·":
        assert looks_like_one(between.join(parts)), between
    assert looks_like_one(" ".join(number))


@pytest.mark.parametrize("mark", ["*", "#", "?", "_", "X", "×", "●", "-"])
def test_so_is_one_with_hidden_places(mark: str) -> None:
    for first, last in ((6, 14), (10, 14), (14, 16), (3, 13)):
        masked = NUMBER[:first] + mark * (last - first) + NUMBER[last:]
        assert looks_like_one(masked), masked
    assert looks_like_one("3201021975061812*8")
    assert not looks_like_one("32" + mark * 12 + "1218"), "six digits tell little"


def test_so_is_one_with_a_slip_in_it() -> None:
    number = NUMBER
    assert looks_like_one(number)
    for place in range(18):
        for digit in "0123456789":
            wrong = number[:place] + digit + number[place + 1 :]
            assert looks_like_one(wrong), wrong
        if place not in range(6, 14):  # one that is missing from the date leaves no date
            assert looks_like_one(number[:place] + number[place + 1 :])
            assert looks_like_one(number[:place] + "7" + number[place:])
    for place in range(17):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert looks_like_one(swapped), swapped


def test_so_is_an_old_one_and_what_a_spreadsheet_made_of_one() -> None:
    old = NUMBER[:6] + NUMBER[8:17]
    for written in (old, f"A-{old}", f"{old[:12]}***", f"{old[:6]} {old[6:12]} {old[12:]}", "3.20102197506181E+17"):
        assert looks_like_one(written), written


@pytest.mark.parametrize(
    "harmless",
    [
        "R000123", "bank_07:deposit:123456", "H0423456-2", "2026000000123456", "20260630-000000000017", "A", "", "-",
        "bank_07/000000012345678", "bank_07_2026_0630_000000012", "bank_21/2026-06-30/00012345", "202606300000000017",
        "20260630000000017", "2026-06-30T12:00:00.123456", "550e8400-e29b-41d4-a716-446655440000", "ZWY000000000123",
        "0" * 18, "9" * 40, "123456789012345678", "6222021234567890123", "311234567890123456", "__________________",
    ],
)  # fmt: skip
def test_record_ids_are_let_through(harmless: str) -> None:
    assert not looks_like_one(harmless)


def test_few_random_identifiers_are_taken_for_one() -> None:
    chance = random.Random(4)  # noqa: S311
    for places, share in {14: 0, 15: 1 / 50, 16: 0, 17: 1 / 200, 18: 1 / 25, 19: 1 / 200, 20: 0}.items():
        found = sum(looks_like_one("".join(chance.choices("0123456789", k=places))) for _ in range(4_000))
        assert found <= 4_000 * share, places
    assert not any(looks_like_one(str(uuid.UUID(int=chance.getrandbits(128)))) for _ in range(4_000))
