"""The working area of one run: plain personal data on its way through the stages, deleted when the run is published."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SourceArea:
    """What one attempt at one source leaves behind: as delivered, in canonical form, and accepted."""

    root: Path

    @property
    def raw(self) -> Path:
        """Bytes as delivered, one folder a category."""
        return self.root / "raw"

    @property
    def landed(self) -> Path:
        """Canonical records and rejected rows, two Parquet files a category."""
        return self.root / "landed"

    @property
    def accepted(self) -> Path:
        """Canonical records that passed validation, one Parquet file a category."""
        return self.root / "accepted"

    @property
    def set_aside(self) -> Path:
        """Whom the rows set aside are about, where their numbers could be read."""
        return self.root / "set_aside.parquet"


@dataclass(frozen=True)
class Workspace:
    """Paths of one run's working area."""

    root: Path

    @classmethod
    def of(cls, home: Path, run_id: str) -> "Workspace":
        """Return the working area of a run, readable by its owner only."""
        root = home / "work" / f"run={run_id}"
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(root)

    @property
    def applicants(self) -> Path:
        """Members under a live authorisation."""
        return self.root / "applicants.parquet"

    @property
    def households(self) -> Path:
        """One row a household in the run, with all its members and what they declared."""
        return self.root / "households.parquet"

    @property
    def answers(self) -> Path:
        """One row a source: whether it answered."""
        return self.root / "answers.parquet"

    @property
    def unusable(self) -> Path:
        """Members about whom a source delivered a row that had to be set aside: what they have there is not known."""
        return self.root / "unusable.parquet"

    @property
    def matches(self) -> Path:
        """Records matched to members."""
        return self.root / "matches"

    @property
    def assessed(self) -> Path:
        """Report documents before sealing, one file a county."""
        return self.root / "assessed"

    @property
    def reported(self) -> Path:
        """Index rows of sealed reports that wait for publication, one file a city."""
        return self.root / "reported"

    def source(self, source: str, attempt: int) -> SourceArea:
        """Return the area of one attempt; attempts never share a folder, so a killed one harms nothing."""
        return SourceArea(self.root / f"source={source}" / f"attempt={attempt}")

    def delete(self) -> None:
        """Remove everything; harmless where nothing is left. An error is raised: personal data would stay."""
        if self.root.exists():
            shutil.rmtree(self.root)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a draft to write that becomes `path` at the end of the block, so that no one ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    yield draft
    draft.replace(path)
