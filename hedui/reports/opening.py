"""Opening published reports: from the registry's row over files and keys to the document.

A report needs two keys, that of a region and that of the vault's epoch, and a batch file that is the very one which
was published. Whatever is not right ends in a `Stop`; most of them are `BrokenSeal`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from catalogue.problems import Stop
from catalogue.regions import lineage
from hedui.registry.batches import BatchPlace
from hedui.reports.store import Located, ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.keys import Opener
from hedui.sealing.opening import Batch, SignedBatch
from hedui.sealing.shares import LONGEST_HEAD, Shares, TableHead

Openers = Callable[[str], Mapping[bytes, Opener]]  # region → its private keys at hand, by key id

_KEPT = 8  # opened batches: a key and a block of shares each
# What is found where files are put under other keys, or an epoch is destroyed, between two reads.
_PASSING = frozenset({"sealing-broken", "vault-no-such-epoch", "vault-epoch-destroyed"})


class Vault(Protocol):
    """Who opens share tables: the vault's file, or what asks it anew each time."""

    def opener(self, epoch: int) -> Opener:
        """Return an epoch's private key; `Stop` where it is not there."""
        ...


class Report(Located, Protocol):
    """An index row: whose report, and where it lies."""

    @property
    def household_ref(self) -> str:
        """The household's reference."""


class _Opened(NamedTuple):
    batch: Batch
    shares: Shares
    front: bytes  # of the share table, as it was when it was opened


class Reader:
    """Opens reports, each batch once. It holds keys of batches: let it go once what was asked for is read."""

    def __init__(
        self, store: ReportStore, openers: Openers, vault: Vault, signers: Mapping[bytes, Ed25519PublicKey]
    ) -> None:
        """Read from `store`, with the private keys that a keyring's `openers` gives and batches signed by `signers`."""
        self._store = store
        self._openers = openers
        self._vault = vault
        self._signers = signers
        self._opened: dict[BatchPlace, _Opened] = {}

    def document(self, place: BatchPlace, row: Report) -> bytes:
        """Return the document of one household.

        Raises `BrokenSeal`, and Stop: `report-missing`, `report-no-key`, `report-shredded`, `vault-…`. Where files
        were being put under other keys meanwhile, they are read once more.
        """
        try:
            return _open(self._current(place), row, self._store.read(row))
        except Stop as problem:
            if problem.code not in _PASSING:
                raise
        self._opened.pop(place, None)
        return _open(self._current(place), row, self._store.read(row))

    def documents(self, place: BatchPlace, rows: Iterable[Report]) -> Iterator[bytes | None]:
        """Give the documents of rows of one batch, in their order; None for a household that was shredded.

        Quickest in the order of the index. Raises as `document` does.
        """
        rows = list(rows)
        self._current(place)
        for row, sealed in zip(rows, self._store.read_all(rows), strict=True):
            yield self._unless_shredded(place, row, sealed)

    def _unless_shredded(self, place: BatchPlace, row: Report, sealed: bytes) -> bytes | None:
        try:
            try:
                return _open(self._opened.get(place) or self._current(place), row, sealed)
            except Stop as problem:
                if problem.code not in _PASSING:
                    raise
            return self.document(place, row)
        except Stop as problem:
            if problem.code != "report-shredded":
                raise
        return None

    def _current(self, place: BatchPlace) -> _Opened:
        """Return a batch opened, with its share table as it is now: no destroyed share is taken from memory."""
        fetch = self._store.shares_range(place.folder)
        front = fetch(0, LONGEST_HEAD)
        opened = self._opened.pop(place, None)
        if opened is None or opened.front != front:
            whose = Place(place.run_id, place.county)
            batch = opened.batch if opened else self._batch(place, whose)
            head = TableHead.read(front, whose)
            opened = _Opened(batch, batch.shares_behind(head, fetch, self._vault.opener(head.epoch)), front)
        self._opened[place] = opened  # what was used last stands last
        if len(self._opened) > _KEPT:
            del self._opened[next(iter(self._opened))]
        return opened

    def _batch(self, place: BatchPlace, whose: Place) -> Batch:
        signed = SignedBatch.verify(self._store.batch_file(place.folder), whose, self._signers)
        if (signed.head_hash, signed.count) != (place.head_hash, place.count):
            raise whose.broken("batch", "head")
        return signed.open(*self._key(signed))

    def _key(self, signed: SignedBatch) -> tuple[str, Opener]:
        """Choose the key to open a batch with: the county's, else the city's, else the province's."""
        wanted = {(stanza.region, stanza.key_id) for stanza in signed.stanzas}
        some = False
        for region in lineage(signed.place.county):
            for key_id, key in self._openers(region).items():
                if (region, key_id) in wanted:
                    return region, key
                some = True
        if not some:
            raise Stop("report-no-key", county=signed.place.county)
        raise signed.place.broken("batch", "recipient")


def _open(opened: _Opened, row: Report, sealed: bytes) -> bytes:
    return opened.batch.open(sealed, row.household_ref, opened.shares)
