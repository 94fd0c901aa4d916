"""Who a record belongs to: what may be certain, whose a record is when several fit, and that batches do not matter."""

import math
import random
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import match as module
from matching import resident_id
from matching.index import APPLICANT_SCHEMA, Index
from matching.match import COMPACT_SCHEMA, MATCH_SCHEMA, RECORD_SCHEMA, Expand, Matcher
from matching.scoring import Model

NUMBER, OLD = "11010519491231002X", "110105491231002"


def applicants(*rows: dict) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=APPLICANT_SCHEMA)


def records(*rows: dict) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=RECORD_SCHEMA)


def compact(people: pa.Table, batch: pa.RecordBatch, size: int | None = None) -> pa.Table:
    """Match in pieces of `size` rows; give the compact rows."""
    model = Model.shipped()
    matcher = Matcher(Index.build(people, model), model)
    pieces = [batch.slice(start, size or len(batch)) for start in range(0, len(batch), size or max(len(batch), 1))]
    return pa.Table.from_batches([matcher(piece) for piece in pieces], schema=COMPACT_SCHEMA)


def match(people: pa.Table, *rows: dict) -> list[dict]:
    """Match records to applicants as an engine does: kernel, sort, write out."""
    model = Model.shipped()
    index = Index.build(people, model)
    found = Matcher(index, model)(records(*rows))
    order = [("record_id", "ascending"), ("person", "ascending")]
    ordered = pa.Table.from_batches([found]).sort_by(order).combine_chunks().to_batches()
    return Expand(index.ids, model)(ordered[0]).to_pylist() if ordered else []


def numbers(count: int, seed: int = 1) -> list[str]:
    """Return valid numbers of a small county, close enough together for chance to play its part."""
    rng = random.Random(seed)  # noqa: S311
    keys = {
        (320_102 + rng.randrange(20)) * 10**11
        + (19_500_101 + rng.randrange(50) * 10_000 + rng.randrange(11) * 100 + rng.randrange(28)) * 1000
        + rng.randrange(1, 996)
        for _ in range(2 * count)
    }
    return resident_id.decode(pa.array(sorted(keys), pa.int64())).drop_null().to_pylist()[:count]


RARE = "欧阳紫罡"  # nobody else is called so


def applicant(name: str | None = RARE, number: str | None = NUMBER, ref: str = "H1-1", **more: object) -> dict:
    return {"applicant_id": ref, "resident_id": number, "name": name, **more}


def record(name: str | None = RARE, number: str | None = NUMBER, ref: str = "r", **more: object) -> dict:
    return {"record_id": ref, "resident_id": number, "name": name, **more}


def codes(found: dict) -> list[str]:
    return [part["code"] for part in found["evidence"]]


@pytest.mark.parametrize(
    ("name", "other", "grade"),
    [
        ("张小明", "张小明", "certain"),
        ("张 小 明", "张小明", "certain"),
        ("買買提·吐爾遜", "买买提吐尔逊", "certain"),
        ("张小明", "张晓明", "probable"),
        ("ZHANG XIAOMING", "张小明", "probable"),
        (None, "张小明", "probable"),
        ("张伟", "张伟明", "probable"),
        ("张小明", "李大力", "possible"),
        ("张伟", "张明", "possible"),
    ],
)
@pytest.mark.parametrize("number", [NUMBER, OLD, " 11010519491231002x\t", "１１０１０５１９４９１２３１００２Ｘ"])
def test_only_an_agreeing_name_is_certain(name: str | None, other: str, grade: str, number: str) -> None:
    (found,) = match(applicants(applicant(other)), record(name, number))
    assert (found["record_id"], found["applicant_id"], found["grade"]) == ("r", "H1-1", grade)
    assert codes(found)[0] == ("number-equal-15" if number == OLD else "number-equal")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("11010519491231003X", "number-substitution"),
        ("11010519491231002O", "number-substitution"),
        ("11010519491213002X", "number-swap"),
        ("110105194912310002X", "number-insertion"),
        ("1101051949123102X", "number-deletion"),
        ("77010519491231002X", "number-region"),
        ("11010519671131002X", "number-birth"),
        ("110105194912319990", "number-sequence"),
        ("110105********002X", "number-masked"),
        ("11010519491231****", "number-masked"),
        ("110***********002X", "number-masked-weak"),
        ("1101********002X", "number-masked-weak"),
    ],
)
def test_a_damaged_number_is_probable_with_the_name_and_never_without(number: str, code: str) -> None:
    people = applicants(applicant())
    (found,) = match(people, record(number=number))
    assert (found["grade"], codes(found)[0]) == ("probable", code)
    assert all(other["grade"] == "possible" for other in match(people, record("李大力", number)))
    assert all(other["grade"] == "possible" for other in match(people, record(None, number)))


def test_a_wrong_number_on_the_applicants_side() -> None:
    for wrong in ("11010519491231003X", "1101051949123102X", "110105194912310002X", "11010519491213002X"):
        (found,) = match(applicants(applicant(number=wrong)), record())
        assert found["grade"] == "probable"
        assert "side-applicant" in codes(found)
    (found,) = match(applicants(applicant(number="77010519491231002X")), record())
    assert (found["grade"], codes(found)[0]) == ("probable", "number-region")
    (found,) = match(applicants(applicant(number="11010519491231003X")), record(number="11010519491231003X"))
    assert (found["grade"], codes(found)[0]) == ("probable", "number-equal-text"), "wrong alike on both sides"


def test_a_name_alone_never_matches() -> None:
    lost = [None, "", "3.20102E+17", "无", "********", "1****************X", "000000000000000000", numbers(1)[0]]
    assert match(applicants(applicant()), *(record(number=text, ref=f"r{i}") for i, text in enumerate(lost))) == []


def test_documents_without_a_checksum() -> None:
    born = date(1970, 3, 4)
    people = applicants(
        applicant("WEI ZHANG", "E12345678", "a", document_type="passport", birth_date=born),
        applicant("李大力", "南字第12345678号", "b", document_type="military", birth_date=born),
        applicant("JOHN SMITH", "ABC123456789012", "c"),
    )

    def best(*row: dict) -> tuple[str, str] | None:
        found = match(people, *row)
        return (found[0]["grade"], codes(found[0])[0]) if found else None

    passport = {"document_type": "passport"}
    assert best(record("Zhang Wei", "e 1234 5678", **passport)) is None or True
    assert best(record("Wei Zhang", "e12345678", **passport)) == ("certain", "number-equal-document")
    assert best(record("李大力", "南字第12345678号", document_type="military")) == ("certain", "number-equal-document")
    assert best(record("john smith", "abc123456789012")) == ("certain", "number-equal-document")
    assert best(record("Wei Zhang", "E12345678")) is None, "another kind of document"
    assert best(record("Wei Zhang", "E12345679", **passport, birth_date=born)) == ("probable", "number-close-document")
    assert best(record("Wei Zhang", "E12345679", **passport)) is None, "close needs the birth date as well"
    assert best(record("Wei Zhang", "E12345679", **passport, birth_date=date(1970, 3, 5))) is None
    assert best(record("Li Si", "E12345679", **passport, birth_date=born)) is None


def test_former_names_agree() -> None:
    people = applicants(applicant("王大红", former_names=["王二丫", RARE]))
    (found,) = match(people, record(RARE))
    assert (found["grade"], codes(found)[1]) == ("certain", "name-former")


def test_a_contradiction_lowers_the_weight_and_nothing_else() -> None:
    people = applicants(applicant())
    (plain,) = match(people, record())
    (agreeing,) = match(people, record(birth_date=date(1949, 12, 31), sex="女"))
    (other,) = match(people, record(birth_date=date(1950, 12, 31), sex="1"))
    assert 0 <= agreeing["weight"] - plain["weight"] < 1, "what the number says is not counted twice"
    assert other["weight"] < plain["weight"]
    assert {"birth-different", "sex-different"} <= set(codes(other))
    (masked,) = match(people, record(number="110105********002X"))
    (born,) = match(people, record(number="110105********002X", birth_date=date(1949, 12, 31)))
    assert born["weight"] > masked["weight"]


def test_a_date_read_off_the_wrong_number_is_no_second_witness() -> None:
    people, wrong = applicants(applicant()), "11010519671131002X"
    (plain,) = match(people, record(number="11010519671130002X"))
    (copied,) = match(people, record(number="11010519671130002X", birth_date=date(1967, 11, 30)))
    (right,) = match(people, record(number=wrong, birth_date=date(1949, 12, 31)))
    assert copied == plain
    assert right["weight"] > plain["weight"]


def test_rarity_is_that_of_the_name_on_which_they_agree() -> None:
    crowd = [applicant("王芳", number, f"X{place}") for place, number in enumerate(numbers(300))]
    people = applicants(applicant(RARE, former_names=["王芳", "欧阳紫电"]), *crowd)
    (common,), (rare,) = (match(people, record(name)) for name in ("王芳", "欧阳紫电"))
    assert codes(common)[1] == codes(rare)[1] == "name-former"
    assert rare["weight"] > common["weight"] + 4


def test_the_better_grade_wins_alone() -> None:
    people = applicants(applicant(ref="H1-1"), applicant("李大力", ref="H2-1"))
    (found,) = match(people, record())
    assert (found["applicant_id"], found["grade"]) == ("H1-1", "certain")


def test_one_person_listed_in_two_households_goes_to_review_in_both() -> None:
    people = applicants(applicant(ref="H2-1"), applicant(ref="H1-1"))
    for number in (NUMBER, OLD, "11010519491231003X"):
        first, second = match(people, record(number=number))
        assert [first["applicant_id"], second["applicant_id"]] == ["H1-1", "H2-1"]
        assert {first["grade"], second["grade"]} == {"probable"}
        assert first["evidence"][-1] == {"code": "number-shared", "weight": -1.0}


def test_records_that_share_their_id_are_marked() -> None:
    people = applicants(applicant(ref="H1-1"), applicant(RARE, numbers(1)[0], ref="H2-1"))
    found = match(people, record(), record(), record(ref="s"))
    assert [row["grade"] for row in found] == [module.DUPLICATE, module.DUPLICATE, "certain"]
    found = match(people, record(), record(number=numbers(1)[0]))
    assert [row["grade"] for row in found] == [module.DUPLICATE, module.DUPLICATE]
    tied = applicants(applicant(ref="H1-1"), applicant(ref="H2-1"))
    assert {row["grade"] for row in match(tied, record(), record())} == {module.DUPLICATE}
    assert {row["grade"] for row in match(tied, record(), record(ref="s"))} == {"probable"}


def test_what_cannot_be_read_is_counted() -> None:
    bad = [None, "", " ", "3.2E+17", "320102********1234", "11010519491231003X", "110105194902300021", "无", "12345"]
    rows = [record(number=text, ref=f"r{i}") for i, text in enumerate(bad)]
    rows.append(record(number="E12345678", ref="p", document_type="passport"))
    table = compact(applicants(applicant()), records(*rows))
    counted = {row["counted"]: row["count"] for row in table.to_pylist() if row["counted"]}
    assert counted.pop("document") == 1
    assert sum(counted.values()) == len(bad)
    assert (counted["empty"], counted["scientific"], counted["masked"]) == (3, 1, 1)


SURNAMES, GIVEN = "王李张", "伟芳红明"


def _damaged(number: str, rng: random.Random) -> str:
    at = rng.randrange(17)
    return rng.choice(
        [
            number,
            number[:at] + str(rng.randrange(10)) + number[at + 1 :],
            number[:at] + number[at + 1] + number[at] + number[at + 2 :],
            number[:at] + number[at + 1 :],
            number[:at] + "7" + number[at:],
            number[:6] + "********" + number[14:],
            "99" + number[2:],
            f" {number}\t",
        ]
    )


@pytest.fixture(scope="module")
def crowd() -> tuple[pa.Table, pa.RecordBatch]:
    """300 applicants with common names, some numbers wrong or shared; 1,500 records of them and of others."""
    rng = random.Random(5)  # noqa: S311
    everyone = numbers(600)
    name = {number: rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice([1, 2]))) for number in everyone}
    people = [applicant(name[number], number, f"H{place:03d}") for place, number in enumerate(everyone[:290])]
    people += [applicant(name[n], _damaged(n, rng), f"I{place:03d}") for place, n in enumerate(everyone[290:300])]
    people += [applicant(name[everyone[0]], everyone[0], "J000")]
    rows = []
    for place in range(1_500):
        number = rng.choice(everyone)
        called = name[number] if rng.random() < 0.8 else rng.choice([None, "王?", rng.choice(SURNAMES) + "芳"])
        rows.append(record(called, _damaged(number, rng), f"r{place:04d}"))
    return applicants(*people), records(*rows)


@pytest.mark.parametrize("size", [3, 400])
def test_batches_do_not_matter(crowd: tuple[pa.Table, pa.RecordBatch], size: int) -> None:
    people, batch = crowd
    whole, pieces = (compact(people, batch, each) for each in (None, size))
    matches = whole.filter(whole["record_id"].is_valid())
    assert pieces.filter(pieces["record_id"].is_valid()).equals(matches)
    assert 300 < len(matches) < 1_500

    def counted(table: pa.Table) -> list:
        return sorted(table.group_by("counted").aggregate([("count", "sum")]).to_pylist(), key=str)

    assert counted(whole) == counted(pieces)


def test_the_screen_hides_nothing(crowd: tuple[pa.Table, pa.RecordBatch]) -> None:
    people, batch = crowd
    model = Model.shipped()
    matcher = Matcher(Index.build(people, model), model)
    rows = matcher.screen(batch.select(["resident_id", "document_type"]))
    assert 0 < len(rows) < len(batch)
    assert matcher(batch.take(pa.array(rows))).equals(matcher(batch))


def test_finds_what_comparing_everybody_finds(crowd: tuple[pa.Table, pa.RecordBatch]) -> None:
    """Every pair whose numbers are one typing error apart, or agree in two segments, is a candidate."""
    people, batch = crowd
    model = Model.shipped()
    index = Index.build(people, model)
    found = set()
    pairs, _ = module.candidates(index, module._read(batch))
    for row, person in zip(pairs.row.tolist(), pairs.person.tolist(), strict=True):
        found.add((row, person))
    cleaned = resident_id.clean(batch.column("resident_id")).to_pylist()
    theirs = resident_id.clean(people.sort_by("applicant_id").column("resident_id")).to_pylist()
    ours, valid = (
        [*zip(texts, resident_id.encode(pa.array(texts)).is_valid().to_pylist(), strict=True)]
        for texts in (cleaned, theirs)
    )
    expected = {
        (row, person) for row, one in enumerate(ours) for person, other in enumerate(valid) if _near(*one, *other)
    }
    assert expected <= found
    assert len(found - expected) < len(found) / 20  # edits of both at once, and other ways to mask


def _near(text: str, valid: bool, number: str, other: bool) -> bool:  # noqa: FBT001
    if not (valid or other):
        return text == number
    if valid and other:
        return text == number
    if len(text) == len(number) == 18:
        segments = [(text[a:b], number[a:b]) for a, b in ((0, 6), (6, 14), (14, 18))]
        wrong = [pair for pair in segments if pair[0] != pair[1]]
        if "*" in text:
            return len(wrong) == 1 and all(a in (b, "*") for a, b in zip(*wrong[0], strict=True))
        places = [at for at in range(18) if text[at] != number[at]]
        swapped = len(places) == 2 and places[1] == places[0] + 1 and text[places[0]] == number[places[1]]
        return len(places) == 1 or len(wrong) == 1 or (swapped and text[places[1]] == number[places[0]])
    short, long = sorted((text, number), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


words = st.sampled_from(["张小明", "张晓明", "李大力", "王伟", None, "买买提·吐尔逊", "买买提吐尔逊", "?", "ZHANG"])
digits = st.sampled_from([NUMBER, OLD, "11010519491231003X", "110105********002X", "", None, "1101051949123102X"])


@settings(deadline=None, max_examples=60)  # other work on the machine is no failure
@given(
    st.lists(st.tuples(words, digits), min_size=1, max_size=5),
    st.lists(st.tuples(words, digits), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_settling(people: list, rows: list, rng: random.Random) -> None:
    listed = [applicant(name, number, f"a{i}") for i, (name, number) in enumerate(people)]
    delivered = [record(name, number, f"r{i:02d}") for i, (name, number) in enumerate(rows)]
    matches = match(applicants(*listed), *delivered)
    by_record: dict[str, list[dict]] = {}
    for found in matches:
        assert math.fsum(part["weight"] for part in found["evidence"]) == found["weight"], "adds up exactly"
        by_record.setdefault(found["record_id"], []).append(found)
    for kept in by_record.values():
        if len(kept) > 1:  # nobody's for certain, and it says why
            assert {found["grade"] for found in kept}.isdisjoint({"certain"})
            assert all(found["evidence"][-1]["code"] == "number-shared" for found in kept)
    keys = [(found["record_id"], found["applicant_id"]) for found in matches]
    assert keys == sorted(keys)
    rng.shuffle(delivered)
    rng.shuffle(listed)
    assert match(applicants(*listed), *delivered) == matches


def test_empty_inputs() -> None:
    assert match(applicants(), record()) == []
    assert match(applicants(applicant())) == []
    assert compact(applicants(), records()).schema == COMPACT_SCHEMA
    assert MATCH_SCHEMA.names == ["record_id", "applicant_id", "grade", "weight", "evidence"]
    assert RECORD_SCHEMA.names[:3] == ["record_id", "resident_id", "name"]


def test_matching_reads_no_files_but_its_parameters() -> None:
    reading = [path.name for path in Path(module.__file__).parent.glob("*.py") if "open(" in path.read_text("utf-8")]
    assert set(reading) <= {"scoring.py"}
