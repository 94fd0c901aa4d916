"""Keys and a small batch for the tests. Every key is derived from its label when a test runs; none lies in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hedui.sealing import layout
from hedui.sealing.batch import Finished, Sealer, Vault
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.keys import HYBRID, X25519, PrivateKey, signing_key_id
from hedui.sealing.opening import Batch, SignedBatch
from hedui.sealing.suites import GUOMI, INTERNATIONAL, Suite

COUNTY, RUN = "320102", "2026-06-30.1"
PLACE = Place(RUN, COUNTY)
SUITES = (INTERNATIONAL, GUOMI)


def seed(label: str) -> bytes:
    return sha256(f"hedui golden key: {label}".encode()).digest()


REGIONS: Mapping[str, PrivateKey] = {
    COUNTY: PrivateKey(seed("county"), HYBRID),
    "3201": PrivateKey(seed("city"), HYBRID),
    "32": PrivateKey(seed("province"), X25519),
}
NEXT_COUNTY = PrivateKey(seed("county, second generation"), HYBRID)
VAULT = PrivateKey(seed("vault, epoch 1"), HYBRID)
NEXT_VAULT = PrivateKey(seed("vault, epoch 2"), HYBRID)
STRANGER = PrivateKey(seed("stranger"), HYBRID)
SIGNING = Ed25519PrivateKey.from_private_bytes(seed("signing"))
OTHER_SIGNING = Ed25519PrivateKey.from_private_bytes(seed("another signing key"))
SIGNERS = {signing_key_id(SIGNING.public_key()): SIGNING.public_key()}
RECIPIENTS = {region: key.public for region, key in REGIONS.items()}
EPOCH_1, EPOCH_2 = Vault(1, VAULT.public), Vault(2, NEXT_VAULT.public)

# Five, so that the tree is not whole; every length that the layout treats in its own way.
DOCUMENTS: Mapping[str, bytes] = {
    "H000001": b'{"household":"H000001"}' * 20,
    "H000002": b"",
    "H000003": "低保家庭经济状况核对报告".encode() * 3,
    "H000004": b"[" + b"0," * 6000 + b"0]",  # compresses far better than eight to one
    "H000005": b"".join(sha256(bytes([n])).digest() for n in range(90)),  # does not compress
}


HOUSEHOLD = "H000001"
HEADER = layout.REPORT.size + sum(len(name) + 1 for name in (HOUSEHOLD, COUNTY, RUN))


@dataclass(frozen=True)
class Sealed:
    """A batch, its share table and its reports, with the keys that open them."""

    suite: Suite
    place: Place
    batch: bytes
    shares: bytes
    reports: Mapping[str, bytes]
    vault: PrivateKey = VAULT

    def opened(self, region: str = COUNTY, private: PrivateKey | None = None) -> Batch:
        signed = SignedBatch.verify(self.batch, self.place, SIGNERS)
        return signed.open(region, private or REGIONS[region])

    def document(self, household: str, region: str = COUNTY) -> bytes:
        """Open one report from nothing but files and keys."""
        batch = self.opened(region)
        shares = batch.shares_whole(self.shares, self.vault)
        return batch.open(self.reports[household], household, shares)

    def but(self, **changes: object) -> "Sealed":
        """The same with some files exchanged; `report=(household, bytes)` exchanges one report."""
        if "report" in changes:
            household, report = changes.pop("report")
            changes["reports"] = {**self.reports, household: report}
        return replace(self, **changes)


def sealer(suite: Suite = INTERNATIONAL, place: Place = PLACE, signing: Ed25519PrivateKey = SIGNING) -> Sealer:
    return Sealer(place, RECIPIENTS, EPOCH_1, signing, suite)


def seal_all(sealer: Sealer, documents: Mapping[str, bytes]) -> tuple[Finished, list[bytes]]:
    """Return a whole batch and its reports, in the order given."""
    cores = sealer.seal(list(documents), list(documents.values()))
    finished = sealer.finish()
    return finished, list(finished.reports(cores))


def sealed(suite: Suite = INTERNATIONAL, place: Place = PLACE, documents: Mapping[str, bytes] = DOCUMENTS) -> Sealed:
    finished, reports = seal_all(sealer(suite, place), documents)
    return Sealed(suite, place, finished.batch, finished.shares, dict(zip(documents, reports, strict=True)))


def refused(made: Sealed, household: str = HOUSEHOLD, region: str = COUNTY) -> tuple[str, str]:
    """Which file and which check: anything else than the typed error fails the test."""
    with pytest.raises(BrokenSeal) as error:
        made.document(household, region)
    where = error.value.where
    assert error.value.__cause__ is None
    assert (where["run"], where["county"]) == (made.place.run_id, made.place.county)
    return where["file"], where["part"]
