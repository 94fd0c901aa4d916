"""Makes the golden files of a format version that has none yet: `python -m tests.sealing.make_golden`.

They are made once and never again: a program that cannot open them cannot open what offices have on their disks.
"""

from pathlib import Path

from hedui.sealing.rewrap import rewrap, shred
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    EPOCH_2,
    NEXT_COUNTY,
    PLACE,
    RECIPIENTS,
    SUITES,
    VAULT,
    sealed,
)

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    """Write each folder that is not there."""
    for suite in SUITES:
        _write(f"v2-{suite.name}", lambda suite=suite: _version_2(suite))


def _version_2(suite) -> dict[str, bytes]:
    made = sealed(suite)
    files = {
        "batch.hdb": made.batch,
        "batch-rewrapped.hdb": rewrap(made.opened(), {**RECIPIENTS, COUNTY: NEXT_COUNTY.public}),
        "shares.hds": made.shares,
        "shares-without-H000003.hds": shred(made.shares, PLACE, VAULT, EPOCH_2, ["H000003"]),
    }
    for household, document in DOCUMENTS.items():
        files |= {f"{household}.hdr": made.reports[household], f"{household}.document": document}
    return files


def _write(name: str, make) -> None:
    folder = GOLDEN / name
    if folder.exists():
        print(f"{name} is frozen")  # noqa: T201
        return
    folder.mkdir(parents=True)
    for file, content in make().items():
        (folder / file).write_bytes(content)
    print(f"{name} written")  # noqa: T201


if __name__ == "__main__":
    main()
