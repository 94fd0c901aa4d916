"""Who is verified: taken in from a file, found by number, chosen for a business date."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.json as arrow_json
import pyarrow.parquet as pq
from sqlalchemy import Engine, Row, and_, case, exists, func
from sqlalchemy import select as query
from sqlalchemy.orm import Session

from catalogue.categories import MONEY
from hedui.keys.ring import Ring
from hedui.registry.consent import live, signed_by_anyone
from hedui.registry.database import session
from hedui.registry.imports import ImportResult, import_file
from hedui.registry.models import Authorisation, AuthorisationMember, Case, Household, Member
from hedui.registry.saving import DECLARED
from matching import resident_id as numbers

APPLICANTS = pa.schema(
    [
        pa.field("member_ref", pa.string(), nullable=False),
        pa.field("household_ref", pa.string(), nullable=False),
        pa.field("county", pa.string(), nullable=False),
        pa.field("resident_id", pa.string(), nullable=False),
        pa.field("id_key", pa.int64()),  # null where the number is not valid
        pa.field("name", pa.string(), nullable=False),
    ]
)
MEMBERS = pa.struct(
    [
        pa.field("member_ref", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("resident_id", pa.string(), nullable=False),
        pa.field("relation", pa.string(), nullable=False),
        pa.field("authorised", pa.bool_(), nullable=False),
        # null: not declared, which is not zero
        pa.field("declared_monthly_income", MONEY),
        pa.field("declared_financial_assets", MONEY),
        pa.field("declared_vehicles", pa.int64()),
        pa.field("declared_houses", pa.int64()),
    ]
)
HOUSEHOLDS = pa.schema(
    [
        pa.field("household_ref", pa.string(), nullable=False),
        pa.field("county", pa.string(), nullable=False),
        pa.field("township", pa.string()),
        pa.field("case_ref", pa.string(), nullable=False),
        pa.field("case_kind", pa.string(), nullable=False),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("authorisation", pa.string(), nullable=False),
        pa.field("members", pa.list_(MEMBERS), nullable=False),
    ]
)
__all__ = ["APPLICANTS", "HOUSEHOLDS", "MEMBERS", "ImportResult", "Selected", "find", "import_file", "select"]

_BLOCK = 20_000  # households read at a time


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection chose, in numbers. Households left out are counted by reason and get no report.

    Reasons: `no-open-case`, `no-authorisation`, `authorisation-not-begun`, `authorisation-revoked`,
    `authorisation-expired`, `no-signature`.
    """

    households: int
    members: int
    authorised: int
    not_authorised: int
    left_out: Mapping[str, int]


def find(session: Session, keyring: Ring, resident_id: str) -> list[Member]:
    """Return the active members who have a number, in any spelling of it (15 or 18 characters), by reference."""
    spelled = numbers.standard(pa.array([resident_id], pa.string()))[0].as_py()
    if spelled is None:
        return []
    found = query(Member).where(Member.id_index.in_(keyring.blind_indexes(spelled)), Member.active)
    return list(session.scalars(found.order_by(Member.ref)))


def any_open_case(session: Session) -> bool:
    """Say whether there is anything to verify at all."""
    return session.scalar(query(exists().where(Case.state == "open"))) or False


def select(engine: Engine, keyring: Ring, business_date: date, into: Path, *, today: date | None = None) -> Selected:
    """Write `applicants.parquet` and `households.parquet` for a business date, and say how many they hold.

    Chosen are households with an open case (the last one, where there are several) and at least one member under an
    authorisation that is live: signed, not ended and not revoked on that date; nor revoked by `today`, the day on which
    people will be asked about, where that is later. Rows come by household, then member.
    `applicants` holds the authorised members; `households` all of them. A block of households is in memory at a time.
    """
    asked_on = business_date if today is None else max(business_date, today)
    chosen = _chosen(business_date, asked_on)
    totals = {"households": 0, "members": 0, "authorised": 0}
    with session(engine, readonly=True) as opened:
        left_out = _left_out(opened, business_date, asked_on)
        with _Writer(into) as writer:
            for block in _blocks(opened, chosen):
                members = _members(opened, keyring, chosen, block)
                writer.write(block, members)
                totals["households"] += len(block)
                totals["members"] += len(members)
                totals["authorised"] += sum(members["authorised"].to_pylist())
    return Selected(**totals, not_authorised=totals["members"] - totals["authorised"], left_out=left_out)


def _open_case() -> Any:
    return (
        query(func.max(Case.ref))
        .where(Case.household_ref == Household.ref, Case.state == "open")
        .correlate(Household)
        .scalar_subquery()
    )


def _chosen(business_date: date, asked_on: date) -> Any:
    return (
        query(
            Household.ref.label("household_ref"),
            Household.county,
            Household.township,
            Case.ref.label("case_ref"),
            Case.kind.label("case_kind"),
            Case.purpose,
            Authorisation.number.label("authorisation"),
        )
        .join(Case, Case.ref == _open_case())
        .join(Authorisation, and_(Authorisation.household_ref == Household.ref, live(business_date, asked_on)))
        .where(signed_by_anyone())
    )


def _left_out(session: Session, business_date: date, asked_on: date) -> dict[str, int]:
    reason = case(
        (_open_case().is_(None), "no-open-case"),
        (Authorisation.number.is_(None), "no-authorisation"),
        (Authorisation.signed_on > business_date, "authorisation-not-begun"),
        (Authorisation.revoked_on <= asked_on, "authorisation-revoked"),
        (Authorisation.valid_until < business_date, "authorisation-expired"),
        (~signed_by_anyone(), "no-signature"),
    ).label("reason")
    letters = and_(Authorisation.household_ref == Household.ref, Authorisation.in_force)
    reasons = query(reason).select_from(Household).outerjoin(Authorisation, letters).subquery()
    counted = query(reasons.c.reason, func.count()).where(reasons.c.reason.is_not(None)).group_by(reasons.c.reason)
    return dict(sorted((name, count) for name, count in session.execute(counted)))


def _blocks(session: Session, chosen: Any) -> Iterator[list[Row[Any]]]:
    ordered = chosen.order_by(Household.ref).limit(_BLOCK)
    rows = session.execute(ordered).all()
    while rows:
        yield list(rows)
        rows = session.execute(ordered.where(Household.ref > rows[-1].household_ref)).all()


def _members(session: Session, keyring: Ring, choice: Any, block: list[Row[Any]]) -> pa.Table:
    # The members of a block's households, their sealed values opened, with the columns of MEMBERS and `at`, the place
    # of their household in the block.
    within = Household.ref.between(block[0].household_ref, block[-1].household_ref)
    chosen = choice.where(within).subquery()
    signature = and_(
        AuthorisationMember.member_ref == Member.ref, AuthorisationMember.authorisation == chosen.c.authorisation
    )
    rows = session.execute(
        query(
            Member.ref,
            Member.household_ref,
            Member.name,
            Member.resident_id,
            Member.relation,
            AuthorisationMember.member_ref.is_not(None),
            Member.declared,
        )
        .join(chosen, chosen.c.household_ref == Member.household_ref)
        .outerjoin(AuthorisationMember, signature)
        .where(Member.active)
        .order_by(Member.household_ref, Member.ref)
    ).all()
    refs, households, names, identities, relations, authorised, declared = zip(*rows, strict=True)
    place = {row.household_ref: at for at, row in enumerate(block)}
    columns: dict[str, Any] = {
        "member_ref": pa.array(refs, pa.string()),
        "name": pa.array(keyring.unseal_column("members/name", refs, names), pa.string()),
        "resident_id": pa.array(keyring.unseal_column("members/resident_id", refs, identities), pa.string()),
        "relation": pa.array(relations, pa.string()),
        "authorised": pa.array([bool(flag) for flag in authorised], pa.bool_()),
    }
    figures = _figures(keyring.unseal_column("members/declared", refs, declared))
    for item in DECLARED:
        field = MEMBERS.field(f"declared_{item}")
        columns[field.name] = figures[item].cast(field.type)
    columns["at"] = pa.array([place[household] for household in households], pa.int64())
    return pa.table(columns)


def _figures(texts: list[str | None]) -> pa.Table:
    # What each member declared, money still as text: as exact as it was written.
    lines = "\n".join(text or "{}" for text in texts).encode()
    written = pa.schema(
        [(item, pa.string() if MEMBERS.field(f"declared_{item}").type == MONEY else pa.int64()) for item in DECLARED]
    )
    options = arrow_json.ParseOptions(explicit_schema=written, unexpected_field_behavior="ignore")
    return arrow_json.read_json(pa.BufferReader(lines), parse_options=options)


class _Writer:
    """The two files of a selection, in place only when both are whole."""

    def __init__(self, into: Path) -> None:
        into.mkdir(parents=True, exist_ok=True)
        self._paths = [into / "applicants.parquet", into / "households.parquet"]
        self._drafts = [path.with_suffix(".part") for path in self._paths]
        schemas = (APPLICANTS, HOUSEHOLDS)
        self._files = [pq.ParquetWriter(draft, schema) for draft, schema in zip(self._drafts, schemas, strict=True)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for file in self._files:
            file.close()
        if kind is None:
            for draft, path in zip(self._drafts, self._paths, strict=True):
                draft.replace(path)

    def write(self, block: list[Row[Any]], members: pa.Table) -> None:
        """Add a block of households and their members, ordered alike."""
        names = HOUSEHOLDS.names[:-1]
        plain = [pa.array(column, pa.string()) for column in zip(*block, strict=True)]
        households = dict(zip(names, plain, strict=True))
        at = members["at"].combine_chunks()
        applicants = members.append_column("household_ref", households["household_ref"].take(at))
        applicants = applicants.append_column("county", households["county"].take(at))
        applicants = applicants.append_column("id_key", numbers.encode(members["resident_id"]))
        self._files[0].write_table(
            applicants.filter(applicants["authorised"]).select(APPLICANTS.names).cast(APPLICANTS)
        )
        counts = at.value_counts().field("counts").to_pylist()
        offsets = [0]
        for count in counts:
            offsets.append(offsets[-1] + count)
        people = members.select([field.name for field in MEMBERS]).to_struct_array().combine_chunks()
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), people.cast(MEMBERS))
        self._files[1].write_table(pa.table([*plain, lists], schema=HOUSEHOLDS))
