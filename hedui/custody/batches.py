"""Published batches and their batch files: which there are, to which keys each is sealed, and how one is opened."""

from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import or_, select

from catalogue.problems import Stop
from catalogue.regions import lineage
from hedui.custody.keeper import Keeper
from hedui.keys import model
from hedui.keys.model import REGION, Generation
from hedui.registry import batches as registered
from hedui.registry import database
from hedui.registry.batches import BatchPlace
from hedui.registry.models import ReportBatch
from hedui.sealing.errors import Place
from hedui.sealing.keys import PublicKey, signing_key_id
from hedui.sealing.opening import Batch, SignedBatch


class Batches:
    """The batches of an installation, read and opened with every generation of its keys that is still there.

    A signature by any of our signing keys holds here, a revoked one too: that this is the batch which was published is
    what the registry's `head_hash` says.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._openers = cache(keeper.ring.openers)

    def published(self, regions: Iterable[str] = ("",)) -> list[BatchPlace]:
        """Return all batches on record of counties within these regions, by run and county."""
        within = or_(*(ReportBatch.county.startswith(region, autoescape=True) for region in regions))
        query = select(ReportBatch).where(within).order_by(ReportBatch.run_id, ReportBatch.county)
        with database.session(self._keeper.registry, readonly=True) as session:
            return [registered.place_of(row) for row in session.scalars(query)]

    def read(self, place: BatchPlace) -> SignedBatch:
        """Return the batch that was published there. Raises `BrokenSeal`, Stop `report-missing`."""
        whose = Place(place.run_id, place.county)
        signed = SignedBatch.verify(self._keeper.store.batch_file(place.folder), whose, self.signers)
        if (signed.head_hash, signed.count) != (place.head_hash, place.count):
            raise whose.broken("batch", "head")
        return signed

    def open(self, signed: SignedBatch) -> Batch:
        """Open a batch with whichever region's key is at hand. Raises `BrokenSeal`, Stop `report-no-key`."""
        county = signed.place.county
        for region in lineage(county):
            for stanza in signed.stanzas:
                if stanza.region == region and (key := self._openers(region).get(stanza.key_id)):
                    return signed.open(region, key)
        raise Stop("report-no-key", county=county)

    def recipients(self, county: str) -> dict[str, PublicKey]:
        """Return the keys to which a batch of a county is sealed today, by region."""
        return {region: self._keeper.ring.recipient(region) for region in lineage(county)}

    def compromised(self, signed: SignedBatch) -> bool:
        """Whether a batch is sealed to a revoked key or signed with one: then other stanzas are not enough for it."""
        revoked = self._revoked
        return signed.signer in revoked or any(stanza.key_id in revoked for stanza in signed.stanzas)

    @cached_property
    def signers(self) -> Mapping[bytes, Ed25519PublicKey]:
        """Every public half of `signing`, revoked ones too."""
        keys = map(model.verifying_key, self._keeper.ring.generations("signing"))
        return {signing_key_id(key): key for key in keys}

    @property
    def revoked_signers(self) -> frozenset[bytes]:
        """The ids of all generations of `signing` that were revoked."""
        return frozenset(key_id(one) for one in self._keeper.ring.generations("signing") if one.state == "revoked")

    @cached_property
    def _revoked(self) -> frozenset[bytes]:
        ring = self._keeper.ring
        names = ["signing", *(name for name in ring.names() if name.startswith(REGION))]
        every = (one for name in names for one in ring.generations(name))
        return frozenset(bytes.fromhex(one.id) for one in every if one.state == "revoked")


def key_id(one: Generation) -> bytes:
    """Return the id by which files name a generation of a key pair."""
    return bytes.fromhex(one.id)
