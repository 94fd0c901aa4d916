"""Households into and out of the tables: sealed on the way in, opened on the way out."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute
from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from hedui.keys.ring import Ring
from hedui.registry.database import insert_into, upsert
from hedui.registry.models import Authorisation, AuthorisationMember, Case, Household, Member

pc: Any = pyarrow.compute  # its stubs lack much of it

DECLARED = ("monthly_income", "financial_assets", "vehicles", "houses")


def save(session: Session, keyring: Ring, rows: pa.Table, fingerprints: dict[str, bytes]) -> None:
    """Make the households of `rows` (the table of `reading.Reading`, ordered) be what it says.

    Members, cases and authorisations that it does not name stay on file: no longer active, open, in force. A revocation
    that is on file stays, unless `rows` has an earlier one.
    """
    refs = rows["household"].unique().to_pylist()
    first = _first_rows(rows)
    _set_aside(session, refs)
    places = first.select(["household", "county", "township"]).rename_columns(["ref", "county", "township"])
    households = [{**place, "fingerprint": fingerprints[place["ref"]]} for place in places.to_pylist()]
    upsert(session, Household, households)
    upsert(session, Member, _members(keyring, rows))
    _save_cases(session, first)
    _save_authorisations(session, rows, first)


def states(session: Session, keyring: Ring, refs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what the registry says of households, opened, by part: the same parts in the same order for each."""
    wanted = sorted(refs)
    found: dict[str, dict[str, Any]] = {}
    for household in session.scalars(_of(select(Household), Household.ref, wanted)):
        place = {"county": household.county, "township": household.township}
        found[household.ref] = {"place": place, "case": [], "authorisation": [], "members": [], "declared": []}
    for request in session.scalars(_of(select(Case).where(Case.state != "replaced"), Case.household_ref, wanted)):
        found[request.household_ref]["case"].append([request.ref, request.kind, request.purpose, request.state])
    letters = select(Authorisation).where(Authorisation.in_force)
    owner: dict[str, str] = {}
    for letter in session.scalars(_of(letters, Authorisation.household_ref, wanted)):
        owner[letter.number] = letter.household_ref
        dates = [_iso(day) for day in (letter.signed_on, letter.valid_until, letter.revoked_on)]
        found[letter.household_ref]["authorisation"].append([letter.number, *dates])
    signatures = _of(select(AuthorisationMember), AuthorisationMember.authorisation, sorted(owner))
    for signature in session.scalars(signatures.order_by(AuthorisationMember.member_ref)):
        signed = [signature.member_ref, signature.guardian_ref]
        found[owner[signature.authorisation]]["authorisation"].append(signed)
    members = _of(select(Member).where(Member.active), Member.household_ref, wanted)
    people = list(session.scalars(members.order_by(Member.ref).execution_options(populate_existing=True)))
    keys = [member.ref for member in people]
    names = keyring.unseal_column("members/name", keys, [member.name for member in people])
    identities = keyring.unseal_column("members/resident_id", keys, [member.resident_id for member in people])
    declared = keyring.unseal_column("members/declared", keys, [member.declared for member in people])
    for member, name, identity, figures in zip(people, names, identities, declared, strict=True):
        state = found[member.household_ref]
        state["members"].append([member.ref, member.relation, name, identity])
        state["declared"].append([member.ref, json.loads(figures) if figures else None])
    return found


def sealed_states(keyring: Ring, import_id: int, states: dict[str, dict[str, Any]]) -> dict[str, bytes]:
    """Seal what households were before an import, for `household_changes.before`."""
    return {
        ref: keyring.seal(f"household_changes/before/{import_id}/{ref}", json.dumps(state, ensure_ascii=False).encode())
        for ref, state in states.items()
    }


def _set_aside(session: Session, refs: list[str]) -> None:
    letters = select(Authorisation.number).where(Authorisation.household_ref.in_(refs), Authorisation.in_force)
    signed = session.scalars(letters).all()
    if signed:
        session.execute(update(Authorisation).where(Authorisation.number.in_(signed)).values(in_force=False))
    session.execute(update(Member).where(Member.household_ref.in_(refs), Member.active).values(active=False))
    opened = update(Case).where(Case.household_ref.in_(refs), Case.state == "open")
    session.execute(opened.values(state="replaced"))


def _members(keyring: Ring, rows: pa.Table) -> list[dict[str, Any]]:
    refs = _member_refs(rows, "member").to_pylist()
    identities = rows["resident_id"].to_pylist()
    columns: dict[str, list[Any]] = {
        "ref": refs,
        "household_ref": rows["household"].to_pylist(),
        "number": rows["member"].to_pylist(),
        "relation": rows["relation"].to_pylist(),
        "name": keyring.seal_column("members/name", refs, rows["name"].to_pylist()),
        "resident_id": keyring.seal_column("members/resident_id", refs, identities),
        "id_index": [keyring.blind_index(number) for number in rows["id_standard"].to_pylist()],
        "declared": keyring.seal_column("members/declared", refs, _declared(rows)),
    }
    return [dict(zip(columns, values, strict=True), active=True) for values in zip(*columns.values(), strict=True)]


def _declared(rows: pa.Table) -> list[str | None]:
    # Only what was declared is written: what is not there was not declared, which is not zero.
    figures = [rows[f"declared_{item}"].to_pylist() for item in DECLARED]
    texts: list[str | None] = []
    for values in zip(*figures, strict=True):
        filled = {
            item: value if isinstance(value, int) else str(value)
            for item, value in zip(DECLARED, values, strict=True)
            if value is not None
        }
        texts.append(json.dumps(filled) if filled else None)
    return texts


def _save_cases(session: Session, first: pa.Table) -> None:
    names = {"case": "ref", "household": "household_ref", "case_kind": "kind", "purpose": "purpose"}
    cases = first.select(list(names)).rename_columns(list(names.values())).to_pylist()
    # A case that a person has closed stays closed, whatever a file says later.
    state = case((Case.state == "replaced", "open"), else_=Case.state)
    upsert(session, Case, [{**row, "state": "open"} for row in cases], {"state": state})


def _save_authorisations(session: Session, rows: pa.Table, first: pa.Table) -> None:
    names = {"authorisation": "number", "household": "household_ref"}
    dates = ["signed_on", "valid_until", "revoked_on"]
    letters = first.filter(first["authorisation"].is_valid()).select([*names, *dates])
    if not len(letters):
        return
    letters = letters.rename_columns([*names.values(), *dates])
    new = insert_into(session, Authorisation).excluded.revoked_on
    stored = Authorisation.revoked_on
    # A revocation is never withdrawn under the same number, nor put off: a file older than it knows nothing of it.
    earliest = case((stored.is_(None), new), (new < stored, new), else_=stored)
    in_force = [{**row, "in_force": True} for row in letters.to_pylist()]
    upsert(session, Authorisation, in_force, {"revoked_on": earliest})
    numbers = letters["number"].to_pylist()
    session.execute(delete(AuthorisationMember).where(AuthorisationMember.authorisation.in_(numbers)))
    consented = pc.or_(rows["signed"], rows["guardian"].is_valid())
    signed = rows.filter(pc.and_(consented, rows["authorisation"].is_valid()))
    signatures = zip(
        signed["authorisation"].to_pylist(),
        _member_refs(signed, "member").to_pylist(),
        _member_refs(signed, "guardian").to_pylist(),
        strict=True,
    )
    columns = ("authorisation", "member_ref", "guardian_ref")
    upsert(session, AuthorisationMember, [dict(zip(columns, values, strict=True)) for values in signatures])


def _member_refs(rows: pa.Table, number: str) -> Any:
    return pc.binary_join_element_wise(rows["household"], rows[number].cast(pa.string()), "-")


def _first_rows(rows: pa.Table) -> pa.Table:
    lengths = pc.value_counts(rows["household"]).field("counts").to_numpy()
    return rows.take(pa.array(lengths.cumsum() - lengths))


def _of(statement: Any, column: Any, values: list[str]) -> Any:
    return statement.where(column.in_(values)).order_by(column)


def _iso(day: Any) -> str | None:
    return None if day is None else day.isoformat()
