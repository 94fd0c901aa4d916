"""Who a record belongs to: what may be certain, whose a record is when several fit, and that batches do not matter."""

import math
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.problems import Stop
from hedui.pipeline.engines.local import LocalEngine
from hedui.pipeline.engines.match import match_records
from matching import match as module
from matching import resident_id
from matching.candidates import Records, candidates
from matching.index import APPLICANT_SCHEMA, Index
from matching.match import COMPACT_SCHEMA, MATCH_SCHEMA, RECORD_SCHEMA, Expand, Matcher
from matching.scoring import MARGIN, Model

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


def match(people: pa.Table, *rows: dict, model: Model | None = None) -> list[dict]:
    """Match records to applicants as an engine does: kernel, sort, write out."""
    model = model or Model.shipped()
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
    assert (found["grade"], codes(found)[:2]) == ("probable", ["number-region", "side-applicant"])
    for masked in ("110105********002X", "11010519491231****"):
        (found,) = match(applicants(applicant(number=masked)), record())
        assert (found["grade"], codes(found)[:2]) == ("probable", ["number-masked", "name-same"]), "hidden, not wrong"
        assert match(applicants(applicant(number=masked)), record(number=numbers(1)[0])) == []
    (found,) = match(applicants(applicant(number="11010519491231003X")), record(number="11010519491231003X"))
    assert (found["grade"], codes(found)[0]) == ("probable", "number-equal-text"), "wrong alike on both sides"


def test_a_name_alone_never_matches() -> None:
    lost = [None, "", "3.20102E+17", "无", "********", "1****************X", "000000000000000000", numbers(1)[0]]
    rows = [record(number=text, ref=f"r{i}") for i, text in enumerate(lost)]
    assert match(applicants(applicant()), *rows) == []


@pytest.mark.parametrize("none", [None, "", "无", "3.20102E+17"])
def test_an_applicant_without_a_number_matches_nobody(none: str | None) -> None:
    people = applicants(applicant(number=none), applicant(number=none, document_type="passport", ref="H2-1"))
    shown = [
        "0" * 18,
        "000000********0000",
        "00000000000000000X",
        "000000000000000001",
        "0" * 17,
        "********",
        NUMBER,
        none,
    ]
    shown += ["000000000000010000", "00000019000101****", "********000000000X", "000000????????0001"]
    assert match(people, *(record(number=text, ref=f"r{i}") for i, text in enumerate(shown))) == []


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
    assert best(record("Li Si", "e 1234 5678", **passport)) == ("possible", "number-equal-document")
    assert best(record("Wei Zhang", "e12345678", **passport)) == ("certain", "number-equal-document")
    assert best(record("李大力", "南字第12345678号", document_type="military")) == ("certain", "number-equal-document")
    assert best(record("john smith", "abc123456789012")) == ("certain", "number-equal-document")
    assert best(record("Wei Zhang", "E12345678", document_type="military")) is None, "another kind of document"
    assert best(record("Wei Zhang", "E12345678")) == ("probable", "number-equal-text"), "of which kind is not said"
    assert best(record("Li Si", "E12345678")) is None
    assert best(record("Wei Zhang", "E12345679", **passport, birth_date=born)) == ("probable", "number-close-document")
    assert best(record("Wei Zhang", "E12345679", **passport)) is None, "close needs the birth date as well"
    assert best(record("Wei Zhang", "E12345679", **passport, birth_date=date(1970, 3, 5))) is None
    assert best(record("Li Si", "E12345679", **passport, birth_date=born)) is None


@pytest.mark.parametrize("word", ["other", "二代身份证", "01", None])
def test_a_valid_number_counts_under_a_type_that_is_not_known(word: str | None) -> None:
    (found,) = match(applicants(applicant()), record(document_type=word))
    assert found["grade"] == "certain"
    (found,) = match(applicants(applicant(document_type=word)), record())
    assert found["grade"] == "certain"


def test_the_holder_of_a_permit_stays_beside_one_whose_number_is_an_edit_away() -> None:
    same = {"birth_date": date(1990, 1, 2), "document_type": "other"}
    people = applicants(
        applicant("王晓明", "H0123456802", "a", **same),
        applicant("王晓明", "H0123456701", "b", **same),
    )
    found = match(people, record("王晓明", "H0123456801", **same))
    assert [(one["applicant_id"], one["grade"]) for one in found] == [("a", "probable"), ("b", "probable")]


@pytest.mark.parametrize("word", ["passport", "military", "军官证"])
def test_a_number_that_proves_itself_counts_whatever_its_type(word: str) -> None:
    (found,) = match(applicants(applicant()), record(document_type=word))
    assert found["grade"] == "certain"
    (found,) = match(applicants(applicant(document_type=word)), record())
    assert found["grade"] == "certain"


@pytest.mark.parametrize("name", ["张**", "**强", "＊＊", "先生", "户主"])
def test_a_masked_name_is_no_name(name: str) -> None:
    for theirs in (name, "张小强"):
        (found,) = match(applicants(applicant(theirs)), record(name))
        assert (found["grade"], codes(found)[1]) == ("probable", "name-missing")


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


def test_whoever_has_the_very_number_stays_beside_a_better_name() -> None:
    people = applicants(applicant("李大力", ref="H1-1"), applicant(number="11010519491231003X", ref="H2-1"))
    exact, repaired = match(people, record(number=NUMBER))
    assert [exact["applicant_id"], repaired["applicant_id"]] == ["H1-1", "H2-1"]
    assert [exact["grade"], repaired["grade"]] == ["possible", "probable"]
    assert codes(exact)[0] == "number-equal"
    assert {found["evidence"][-1]["weight"] for found in (exact, repaired)} == {-1.0}, "of two"


def test_a_certain_match_leaves_nobody_beside_it() -> None:
    """Not even a slip of the fingers, which is the likelier for being so rare."""
    people = applicants(applicant(ref="H1-1"), applicant(number="110105194912310002X", ref="H2-1"))
    (found,) = match(people, record())
    assert (found["applicant_id"], found["grade"]) == ("H1-1", "certain")
    (other,) = match(people.slice(1), record())
    assert other["weight"] > found["weight"] - MARGIN


def test_of_two_with_the_very_number_the_weight_decides_within_a_grade() -> None:
    listed = [
        applicant(number="E12345678", document_type="passport", ref=f"H{year}", birth_date=date(year, 3, 4))
        for year in (1970, 1980)
    ]
    passport = record(number="E12345678", document_type="passport")
    (found,) = match(applicants(*listed), passport | {"birth_date": date(1980, 3, 4)})
    assert (found["applicant_id"], found["grade"]) == ("H1980", "certain")
    assert {row["grade"] for row in match(applicants(*listed), passport)} == {"probable"}


def test_of_repaired_numbers_those_within_the_margin_are_tied() -> None:
    wrong = "11010519491231003X"  # a slip in the sequence, or two in the birth date
    births = pa.array([f"110105{year}1231003X" for year in range(1950, 1990)])
    other = births.filter(resident_id.encode(births).is_valid())[0].as_py()
    near, far = applicant(ref="H1-1"), applicant(number=other, ref="H2-1")
    (one,), (less,) = (match(applicants(each), record(number=wrong)) for each in (near, far))
    assert (one["grade"], less["grade"]) == ("probable", "probable")
    assert one["weight"] > less["weight"] + MARGIN
    (found,) = match(applicants(near, far), record(number=wrong))
    assert (found["applicant_id"], codes(found)) == ("H1-1", codes(one))
    twins = applicants(near, applicant(ref="H3-1", birth_date=date(1949, 12, 31)))
    first, second = match(twins, record(number=wrong, birth_date=date(1949, 12, 31)))
    assert abs(first["weight"] - second["weight"]) <= MARGIN


def test_weights_across_the_threshold_are_compared_by_weight_and_not_by_grade() -> None:
    """A hair above `probable` does not dismiss a hair below it, nor does a tie make either less than it is alone."""
    wrong, lax = "11010519491231003X", replace(Model.shipped(), probable=0.0, possible=0.0)
    people = applicants(applicant(ref="H1-1"), applicant("欧阳紫刚", ref="H2-1", former_names=[RARE]))
    both = match(people, record(number=wrong), model=lax)
    assert len(both) == 2
    weights = sorted(found["weight"] + 1 for found in both)
    assert weights[0] < weights[1] < weights[0] + MARGIN
    found = match(people, record(number=wrong), model=replace(lax, probable=sum(weights) / 2))
    assert sorted(row["grade"] for row in found) == ["possible", "probable"]
    found = match(people, record(number=wrong), model=replace(lax, probable=weights[0]))
    assert [row["grade"] for row in found] == ["probable", "probable"]


@pytest.mark.parametrize("count", [2, 62, 63, 64, 65, 200])
def test_however_many_share_a_number_all_of_them_are_left(count: int) -> None:
    listed = [applicant(ref=f"H{place:03d}") for place in range(count)]
    found = match(applicants(*listed), record())
    assert [row["applicant_id"] for row in found] == [row["applicant_id"] for row in listed]
    assert {row["grade"] for row in found} == {"probable"}
    found = match(applicants(*listed), record(), record())
    assert {row["grade"] for row in found} == {module.DUPLICATE}, "two records of one id"


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


def test_searches_that_were_given_up_are_counted() -> None:
    crowd = applicants(*(applicant(ref=f"H{place:03d}") for place in range(65)))
    wrong = records(record(number="11010519491231003X"), record(number="11010519491213002X"))
    for people, count in ((crowd, 4), (crowd.slice(1), 0)):  # each as meant, and all but a segment
        counted = {row["counted"]: row["count"] for row in compact(people, wrong).to_pylist() if row["counted"]}
        assert counted.get("capped", 0) == count


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


WRONG = [
    "11010519491231003X",  # one error
    "77010519491231002X",  # in one segment
    "11010519671131002X",
    "110105194912319990",
    "110105********002X",  # hidden
    "11010159491231002X",  # a swap that reaches into two segments
]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_screen_lets_through_what_an_applicants_wrong_number_was_meant_to_be(wrong: str) -> None:
    model = Model.shipped()
    matcher = Matcher(Index.build(applicants(applicant(number=wrong)), model), model)
    batch = records(record(number=numbers(1)[0], ref="s"), record())
    rows = matcher.screen(batch.select(["resident_id", "document_type"]))
    assert matcher(batch.take(pa.array(rows))).equals(matcher(batch))
    assert matcher(batch)["record_id"].drop_null().to_pylist() == ["r"]


def test_finds_what_comparing_everybody_finds(crowd: tuple[pa.Table, pa.RecordBatch]) -> None:
    """Every pair whose numbers are one typing error apart, or agree in two segments, is a candidate."""
    people, batch = crowd
    model = Model.shipped()
    index = Index.build(people, model)
    found = set()
    pairs, _ = candidates(index, Records.read(batch))
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


@pytest.mark.parametrize(
    ("listed", "delivered", "code", "count"),
    [
        (["a", None, ""], ["r"], "match-id-missing", 2),
        (["a", "b", "a"], ["r"], "match-duplicate-applicants", 1),
        (["a"], ["r", None], "match-records-without-id", 1),
        (["a"], ["r", "s", "r", "s", "t", "r"], "match-duplicate-records", 2),
    ],
)
def test_ids_that_do_not_tell_rows_apart_end_a_run(
    tmp_path: Path, listed: list[str | None], delivered: list[str | None], code: str, count: int
) -> None:
    people, rows, out = (tmp_path / f"{name}.parquet" for name in ("people", "rows", "out"))
    pq.write_table(
        pa.table({"ref": listed, "resident_id": [NUMBER] * len(listed), "name": [RARE] * len(listed)}), people
    )
    pq.write_table(pa.Table.from_batches([records(*(record(ref=ref) for ref in delivered))]), rows)
    with pytest.raises(Stop) as problem:
        match_records(LocalEngine(tmp_path), people, [rows], out, applicant_id="ref")
    assert (problem.value.code, problem.value.where["count"], out.exists()) == (code, count, False)


def test_matching_reads_no_files_but_its_parameters() -> None:
    reading = [path.name for path in Path(module.__file__).parent.glob("*.py") if "open(" in path.read_text("utf-8")]
    assert set(reading) <= {"scoring.py"}
