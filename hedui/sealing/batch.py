"""Sealing the reports of one county in one run, as a worker does that holds public keys and the signing key only.

The worker makes a batch key and one share a household, seals them to others at the end, and keeps neither: afterwards
it cannot open what it wrote.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalogue.problems import Stop
from hedui.sealing import layout, merkle
from hedui.sealing.errors import Place
from hedui.sealing.keys import PublicKey, signing_key_id
from hedui.sealing.layout import short
from hedui.sealing.suites import INTERNATIONAL, NONCE, TAG, Suite

_LEVEL = -1  # of Zstandard: half the time of level 1 on documents of a few kilobytes, and a tenth more bytes


@dataclass(frozen=True)
class Vault:
    """The public half of the vault's key of one epoch, to which share tables are sealed."""

    epoch: int
    public: PublicKey


@dataclass(frozen=True)
class Finished:
    """What a batch leaves behind beside its cores: two files, and the tree that has a path for each core."""

    batch: bytes
    shares: bytes
    tree: merkle.Tree

    def reports(self, cores: Iterable[bytes]) -> Iterator[bytes]:
        """Give each sealed report whole, a core and its path, in the order of sealing; ValueError for another count."""
        return (core + path for core, path in zip(cores, self.tree.paths(), strict=True))


class Sealer:
    """One batch in the making: for one (run, county), one thread, and one time."""

    def __init__(
        self,
        place: Place,
        recipients: Mapping[str, PublicKey],
        vault: Vault,
        signing: Ed25519PrivateKey,
        suite: Suite = INTERNATIONAL,
    ) -> None:
        """Begin a batch whose key is sealed to `recipients` (by region code) and its shares to the vault."""
        if not 0 < len(recipients) <= layout.MAX_RECIPIENTS:
            raise ValueError("a batch has 1 to 8 recipients")
        self._names = short(place.county) + short(place.run_id)
        self._recipients = dict(recipients)
        self._vault = vault
        self._signing = signing
        self._suite = suite
        self._batch_key = os.urandom(layout.SECRET)
        self._entries: list[bytes] = []
        self._leaves: list[bytes] = []
        self._compress = zstandard.ZstdCompressor(_LEVEL, write_checksum=False, write_content_size=True).compress

    def seal(self, households: Sequence[str], documents: Sequence[bytes]) -> list[bytes]:
        """Seal many documents at once, one a household; return each report without its path: its *core*.

        A core is final, so it may be written away; the sealer keeps 80 bytes of it. Its path is known when the batch is
        finished. Stop (`sealing-too-long`) for a document that is too long; then none of these joins the batch.
        """
        first = len(self._leaves)
        if not self._batch_key or first + len(households) > layout.MAX_REPORTS:
            raise ValueError("the batch is finished, or full")
        length = self._suite.key_length
        step = length + layout.SECRET + NONCE
        random = os.urandom(step * len(households))  # drawn in each call: a fork in between shares nothing
        # First all are compressed and then all are encrypted: the tables of either work stay in the processor's cache.
        inners = [self._packed(*report) for report in zip(households, documents, strict=True)]
        cores, entries = [], []
        for at, (household, inner) in enumerate(zip(households, inners, strict=True)):
            drawn = random[at * step : (at + 1) * step]
            key, share, nonce = drawn[:length], drawn[length:-NONCE], drawn[-NONCE:]
            cores.append(self._core(first + at, household, inner, key, share, nonce))
            entries.append(share + layout.mark(household))
        self._entries += entries
        self._leaves += map(merkle.leaf, cores)
        return cores

    def finish(self) -> Finished:
        """Sign the batch and seal its keys away; ValueError where nothing was sealed."""
        if not self._leaves:
            raise ValueError("a batch has at least one report")
        tree = merkle.Tree(self._leaves)
        head = self._head(tree.root)
        signature = self._signing.sign(layout.SIGNED + head)
        batch = batch_file(self._suite, head, signature, self._batch_key, self._recipients)
        shares = share_table(self._suite, sha256(head).digest(), self._entries, self._vault)
        self._batch_key, self._entries, self._leaves = b"", [], []
        return Finished(batch, shares, tree)

    def _packed(self, household: str, document: bytes) -> bytes:
        # Compressed, because reports repeat the names of 55 sources; padded, because length then tells little. Nobody
        # outside can place text of their choice beside it and watch lengths many times: compression is safe here.
        frame = self._compress(document)
        length = layout.inner_length(len(document), len(frame))
        if length > layout.MAX_INNER:
            raise Stop("sealing-too-long", household=household, limit=layout.MAX_INNER, longest=layout.MAX_DOCUMENT)
        return (layout.INNER.pack(len(document), len(frame)) + frame).ljust(length, b"\0")

    def _core(self, index: int, household: str, inner: bytes, key: bytes, share: bytes, nonce: bytes) -> bytes:
        suite = self._suite
        length = suite.key_length
        header = (
            layout.REPORT.pack(layout.REPORT_MAGIC, layout.VERSION, suite.id, index, len(inner) + TAG)
            + short(household)
            + self._names
        )
        wrapping = suite.expand(self._batch_key + share, layout.HOUSEHOLD_KEY + header, length)
        derived = suite.expand(key, layout.PAYLOAD, length + layout.COMMITMENT)
        front = header + nonce + suite.encrypt(wrapping, nonce, key, header) + derived[length:]
        return front + suite.encrypt(derived[:length], nonce, inner, front)

    def _head(self, root: bytes) -> bytes:
        commitment = layout.batch_commitment(self._suite, self._batch_key)
        signer = signing_key_id(self._signing.public_key())
        count = len(self._leaves)
        fixed = layout.HEAD.pack(layout.BATCH_MAGIC, layout.VERSION, self._suite.id, count, commitment, root, signer)
        return fixed + self._names


def batch_file(
    suite: Suite, head: bytes, signature: bytes, batch_key: bytes, recipients: Mapping[str, PublicKey]
) -> bytes:
    """Return a whole batch file: what is signed, then the batch key sealed to each recipient; ValueError for none."""
    if not 0 < len(recipients) <= layout.MAX_RECIPIENTS:
        raise ValueError("a batch has 1 to 8 recipients")
    head_hash = sha256(head).digest()
    parts = [head, signature, bytes((len(recipients),))]
    for region, public in recipients.items():
        name = short(region)
        sealed = public.seal(batch_key, layout.stanza_info(head_hash, name))
        parts += [name, layout.STANZA.pack(public.kem, public.key_id), sealed]
    file = b"".join(parts)
    return file + layout.batch_seal(suite, batch_key, file)


def table_head(binding: bytes, table_key: bytes, vault: Vault) -> bytes:
    """Return the front of a share table: what it belongs to, and its key sealed to the vault."""
    sealed = vault.public.seal(table_key, layout.table_info(binding, vault.epoch))
    return binding + layout.VAULT.pack(vault.epoch, vault.public.kem, vault.public.key_id) + sealed


def share_table(suite: Suite, head_hash: bytes, entries: Sequence[bytes], vault: Vault) -> bytes:
    """Return a whole share table under a key of its own. `entries`: share and mark of each report, in order."""
    table_key = os.urandom(suite.key_length)
    binding = layout.TABLE.pack(layout.SHARES_MAGIC, layout.VERSION, suite.id, len(entries), head_hash)
    parts = [table_head(binding, table_key, vault)]
    for number, start in enumerate(range(0, len(entries), layout.BLOCK)):
        block = b"".join(entries[start : start + layout.BLOCK])
        parts.append(suite.encrypt(table_key, layout.block_nonce(number), block, binding))
    return b"".join(parts)
