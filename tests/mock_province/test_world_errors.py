"""What sources write instead of the truth: as often as published, and never another person's number."""

import unicodedata
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum.cn import ric

from mock_province.world import numbers
from mock_province.world.build import World, build
from mock_province.world.name_errors import NAME_ERRORS, write_names
from mock_province.world.names import DOTTED, draw, vocabulary
from mock_province.world.number_errors import NUMBER_ERRORS, write_numbers
from mock_province.world.rates import AGREEING_NAMES, INTACT_NUMBERS, published, rates
from mock_province.world.streams import stream

DAY = date(2026, 6, 30)
SIZE = 4_000


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return build(tmp_path_factory.mktemp("world"), business_date=DAY, households=1500, seed=77)


@pytest.fixture(scope="module")
def ids() -> np.ndarray:
    rng = stream(3, "ids")
    birth = rng.integers(-20_000, 20_000, size=SIZE)
    male = rng.random(SIZE) < 0.5
    region = rng.integers(320102, 320990, size=SIZE)
    return numbers.characters(numbers.bodies(region, birth, numbers.sequences(rng, male)))


def cleaned(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).split()).strip("'").upper()


def upgraded(number: str) -> str:
    if len(number) != 15:
        return number
    body = f"{number[:6]}19{number[6:]}"
    return body + ric.calc_check_digit(body + "0")  # the function leaves the last character out


def is_valid(number: str) -> bool:
    return (
        len(number) == 18
        and number[:17].isascii()
        and number[:17].isdigit()
        and ric.calc_check_digit(number) == number[17]
    )


@pytest.mark.parametrize("kind", NUMBER_ERRORS[1:])
def test_a_number_is_spoilt_in_the_way_its_kind_says(ids, kind) -> None:  # noqa: C901  one branch a kind
    only = dict.fromkeys(NUMBER_ERRORS, 0.0) | {kind: 1.0}
    text, codes = write_numbers(stream(4, kind), ids, only)
    true = [bytes(row).decode() for row in ids]
    hit = 0
    for old, new, code in zip(true, text.to_pylist(), codes.tolist(), strict=True):
        if code == 0:
            assert new == old
            continue
        hit += 1
        assert NUMBER_ERRORS[code] == kind
        assert new != old
        if kind in INTACT_NUMBERS:
            assert upgraded(cleaned(new)) == old
            assert not (kind == "fifteen" and old[6:8] != "19")
        else:
            assert not is_valid(upgraded(cleaned(new)))
        differ = [i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
        if kind == "substitution":
            assert len(differ) == 1
        elif kind == "swap":
            i = differ[0]
            assert differ == [i, i + 1]
            assert (new[i], new[i + 1]) == (old[i + 1], old[i])
        elif kind == "insertion":
            assert len(new) == 19
            assert any(new[:i] + new[i + 1 :] == old for i in range(19))
        elif kind == "deletion":
            assert len(new) == 17
            assert any(old[:i] + old[i + 1 :] == new for i in range(18))
        elif kind == "two_in_segment":
            assert len(differ) == 2
            assert any(first <= min(differ) <= max(differ) < end for first, end in ((0, 6), (6, 14), (14, 18)))
        elif kind == "masked":
            assert new == f"{old[:6]}********{old[14:]}"
        elif kind == "scientific":
            assert new == f"{old[0]}.{old[1:6]}E+17"
    assert hit > SIZE * (0.05 if kind == "lower_x" else 0.3)


@pytest.mark.parametrize("gbk", [True, False])
@pytest.mark.parametrize("kind", NAME_ERRORS[1:])
def test_a_name_is_written_in_the_way_its_kind_says(kind, gbk) -> None:
    rng = stream(5, kind, str(gbk))
    surname = np.where(np.arange(SIZE) % 5 == 0, DOTTED, np.arange(SIZE) % 90)
    drawn = draw(rng, rng.random(SIZE) < 0.5, np.full(SIZE, 1975), surname)
    names = drawn.text()
    only = dict.fromkeys(NAME_ERRORS, 0.0) | {kind: 1.0}
    written, codes = write_names(rng, names, drawn.dotted, drawn.rare, only, gbk=gbk)
    hit = 0
    for old, new, code in zip(names.to_pylist(), written.to_pylist(), codes.tolist(), strict=True):
        found = NAME_ERRORS[code]
        assert (found == "none") == (new == old)
        assert (bare(new) == bare(old)) == (found in AGREEING_NAMES), (old, new, found)
        assert found in {kind, "none", "rare"}
        hit += found == kind
        if gbk:
            new.encode("gbk")
            assert not set(new) & set("•・‧䶮𠮷㛃")
    assert hit > {"rare": 5, "variant": 50}.get(kind, 200)


def bare(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name) if c not in "·•・‧." and not c.isspace())


def test_the_vocabulary_spells_every_character() -> None:
    known = vocabulary()
    assert len(known.surnames) > 100
    assert len(known.given) > 300
    assert set(known.given) | set(known.surnames) <= set(known.reading)
    for character, others in known.homophones.items():
        assert all(known.reading[other] == known.reading[character] and other != character for other in others)
    assert all(len(name) == 1 for name in (*known.traditional, *known.traditional.values(), *known.variants.values()))


def test_errors_come_as_often_as_published(world) -> None:
    """Shares among the records that an error can happen to, over all sources without rates of their own."""
    own = {source for table in published().values() for source in table.get("sources", ())}
    rows = duckdb.sql(f"""
        SELECT number_error, count(*) FROM '{world.truth}' JOIN '{world.home}/people.parquet' p USING (person_id)
        WHERE source NOT IN {tuple(own)} AND right(p.resident_id, 1) <> 'X' AND p.birth_date < DATE '2000-01-01'
        GROUP BY 1""").fetchall()
    total = sum(count for _, count in rows)
    for kind, count in rows:
        if kind != "none":
            share = published()["number"][kind]
            assert abs(count / total - share) < 5 * (share / total) ** 0.5 + share * 0.05, kind
    dotted = duckdb.sql(f"""
        SELECT avg((name_error = 'dot')::int)
        FROM '{world.truth}' JOIN '{world.home}/people.parquet' p USING (person_id)
        WHERE p.name LIKE '%·%'""").fetchall()[0]
    assert abs(dotted[0] - published()["name"]["dot"]) < 0.06


def test_most_records_are_intact_and_bad_rows_are_few(world) -> None:
    kept = ", ".join(f"'{kind}'" for kind in INTACT_NUMBERS)
    agreeing = ", ".join(f"'{kind}'" for kind in AGREEING_NAMES)
    extracts = duckdb.sql(f"""
        SELECT source, category, count(*) AS n, avg((row_error NOT IN ('none', 'wrong_unit'))::int) AS bad,
               avg((number_error IN ({kept}) AND name_error IN ({agreeing}))::int) AS sound
        FROM '{world.truth}' GROUP BY ALL""").fetchall()
    for source, category, n, bad, sound in extracts:
        assert bad < 0.045, (source, category)
        assert sound > 0.9 or n < 200 or source == "bank_07", (source, category, sound)
    total = duckdb.sql(f"""
        SELECT avg((row_error NOT IN ('none', 'wrong_unit'))::int), avg((number_error IN ({kept}))::int),
               avg((number_error = 'none')::int) FROM '{world.truth}'""").fetchall()[0]
    assert 0.008 < total[0] < 0.016
    assert total[1] > 0.98
    assert total[2] > 0.93


def test_masks_come_only_from_banks_that_mask(world) -> None:
    masked = {r[0] for r in duckdb.sql(f"SELECT source FROM '{world.truth}' WHERE number_error = 'masked'").fetchall()}
    assert masked == set(published()["masking"]["sources"])
    assert rates("bank_07").number["masked"] == published()["masking"]["masked"]
    assert rates("bank_01").number["masked"] == 0


def test_small_extracts_have_no_bad_rows(tmp_path) -> None:
    small = build(tmp_path, business_date=DAY, households=60)
    rows = pq.read_table(small.truth).to_pylist()
    bad: dict[tuple, int] = {}
    for row in rows:
        bad[row["source"], row["category"]] = bad.get((row["source"], row["category"]), 0) + (
            row["row_error"] not in {"none", "wrong_unit"}
        )
    for place, count in small.records.items():
        assert bad.get(place, 0) <= (0 if count < 30 else 0.05 * count)
    households = pq.read_table(tmp_path / "households.parquet")
    assert not all(households["authorised"].to_pylist())


def test_records_of_a_true_number_carry_its_holder(world) -> None:
    """Every intact number, cleaned and upgraded, is that of the person the truth names; no spoilt one is anybody's."""
    people = pq.read_table(world.home / "people.parquet")
    number = dict(zip(people["person_id"].to_pylist(), people["resident_id"].to_pylist(), strict=True))
    name = dict(zip(people["person_id"].to_pylist(), people["name"].to_pylist(), strict=True))
    everyone = set(number.values())
    truth = pq.read_table(world.truth)
    for source, category in list(world.records)[:20]:
        mask = pa.compute.and_(pa.compute.equal(truth["source"], source), pa.compute.equal(truth["category"], category))
        table = pq.read_table(world.records_file(source, category)).to_pylist()
        for row, told in zip(table, truth.filter(mask).to_pylist(), strict=True):
            person = told["person_id"]
            if row["resident_id"] is not None:
                as_read = upgraded(cleaned(row["resident_id"]))
                assert (as_read == number[person]) == (told["number_error"] in INTACT_NUMBERS)
                assert as_read == number[person] or as_read not in everyone
            assert (bare(row["name"]) == bare(name[person])) == (told["name_error"] in AGREEING_NAMES)
