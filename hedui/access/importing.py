"""Who may take in a file of households, whom the answer may name, and the entries that an import leaves."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hedui.access import audit, gate
from hedui.access.audit import Pseudonyms
from hedui.access.gate import Admission
from hedui.access.places import place
from hedui.access.policy import may
from hedui.access.roles import Action, Resource
from hedui.registry.imports import ImportResult, Place
from hedui.registry.subjects import open_cases

_ACTION: Action = "household.import"
_PURPOSE = "import"


class Importer:
    """The current actor at one import: the permit that `people.import_file` asks, then what goes on record."""

    def __init__(self, session: Session, pseudonyms: Pseudonyms) -> None:
        self._session, self._pseudonyms = session, pseudonyms
        self._admitted: list[Admission] = []
        self._counties: set[str] = set()

    def admit(self, places: Sequence[Place]) -> None:
        """Ask the gate about every place; Stop `not-permitted`, on record, at the first that is not allowed."""
        for county, township in places:
            resource = Resource(place(county, township))
            self._admitted.append(gate.require(self._session, self._pseudonyms, _ACTION, resource, purpose=_PURPOSE))
            self._counties.add(county)

    def reaches(self, where: Place) -> bool:
        """Whether the actor could take in a household there: then it may be named, too."""
        return may(self._admitted[0].actor, _ACTION, Resource(place(*where))).allowed

    def on_record(self, result: ImportResult, *, dry_run: bool) -> None:
        """Write what an import did, or would do, and commit it with the import; before anything of it is shown.

        One entry sums it up; those households whose authorisation changed have one each. A file that was refused before
        the registry was asked leaves none. In a dry run, first roll the transaction back that tried the file.
        Raises Stop: those of `audit.record`.
        """
        if not self._admitted:
            return
        codes = [warning.code for warning in result.warnings]
        counts = {name: getattr(result, name) for name in ("rows", "new", "updated", "unchanged")}
        named = {
            "households": codes.count("in-another-household"),
            "elsewhere": codes.count("in-a-household-elsewhere"),
        }
        detail = counts | named | {"mistakes": len(result.mistakes), "dry_run": int(dry_run)}
        taken = {} if dry_run or result.id is None else {"import": result.id}
        who, role = self._admitted[0].actor.name, min(admission.role for admission in self._admitted)
        changed = [
            audit.said(
                self._pseudonyms,
                who,
                "authorisation.changed",
                household,
                _PURPOSE,
                taken,
                role=role,
                region=county,
                case=case,
            )
            for household, county, case in open_cases(self._session, result.authorisations if taken else ())
        ]
        audit.record(
            self._session,
            self._pseudonyms,
            who,
            _ACTION,
            "households",
            _PURPOSE,
            detail | taken,
            about="trail",
            role=role,
            region="".join(self._counties) if len(self._counties) == 1 else "",
            outcome="failed" if result.mistakes else "allowed",
            also=changed,
        )
