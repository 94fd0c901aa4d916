"""Files that were sealed once and frozen: we open them, and so does a reader written from the specification alone."""

from pathlib import Path

import pytest

from catalogue.problems import Stop
from hedui.sealing.errors import BrokenSeal
from hedui.sealing.suites import SUITES as BY_ID
from hedui.sealing.suites import named
from tests.sealing import reader
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    NEXT_COUNTY,
    NEXT_VAULT,
    PLACE,
    REGIONS,
    RUN,
    SIGNING,
    VAULT,
    Sealed,
)

GOLDEN = Path(__file__).parent / "golden"
HOUSEHOLDS = tuple(DOCUMENTS)


@pytest.fixture(params=sorted(suite.name for suite in BY_ID.values()))
def folder(request) -> Path:
    return GOLDEN / f"v2-{request.param}"


@pytest.fixture
def golden(folder) -> Sealed:
    """Also the proof that a folder of frozen files lies there for every suite that the code knows."""
    reports = {household: (folder / f"{household}.hdr").read_bytes() for household in HOUSEHOLDS}
    suite = named(folder.name.removeprefix("v2-"))
    return Sealed(suite, PLACE, (folder / "batch.hdb").read_bytes(), (folder / "shares.hds").read_bytes(), reports)


def by_the_page(batch: bytes, shares: bytes, report: bytes, household: str, region: str, private, vault) -> bytes:
    keys = [reader.Key(key.seed, key.kem) for key in (private, vault)]
    opened = reader.open_batch(batch, COUNTY, RUN, region, keys[0], [SIGNING.public_key()])
    return reader.open_report(opened, shares, keys[1], report, household, COUNTY, RUN)


@pytest.mark.parametrize("household", HOUSEHOLDS)
@pytest.mark.parametrize("region", REGIONS)
def test_both_readers_open_what_was_frozen(golden, folder, household, region):
    document = (folder / f"{household}.document").read_bytes()
    assert document == DOCUMENTS[household]
    assert golden.document(household, region) == document
    report, private = golden.reports[household], REGIONS[region]
    assert by_the_page(golden.batch, golden.shares, report, household, region, private, VAULT) == document


def test_both_readers_open_after_rewrap_with_the_new_key_only(golden, folder):
    rewrapped = golden.but(batch=(folder / "batch-rewrapped.hdb").read_bytes())
    batch = rewrapped.opened(COUNTY, NEXT_COUNTY)
    shares = batch.shares_whole(rewrapped.shares, VAULT)
    report = golden.reports["H000001"]
    assert batch.open(report, "H000001", shares) == DOCUMENTS["H000001"]
    files = rewrapped.batch, rewrapped.shares, report, "H000001"
    assert by_the_page(*files, COUNTY, NEXT_COUNTY, VAULT) == DOCUMENTS["H000001"]

    with pytest.raises(BrokenSeal) as ours:
        rewrapped.opened(COUNTY)
    with pytest.raises(reader.Refused) as theirs:
        by_the_page(*files, COUNTY, REGIONS[COUNTY], VAULT)
    assert ours.value.where["part"] == str(theirs.value) == "recipient"


def test_both_readers_find_one_household_shredded_and_open_the_others(golden, folder):
    shredded = golden.but(shares=(folder / "shares-without-H000003.hds").read_bytes(), vault=NEXT_VAULT)
    for household in HOUSEHOLDS:
        files = shredded.batch, shredded.shares, shredded.reports[household], household
        if household != "H000003":
            assert shredded.document(household) == DOCUMENTS[household]
            assert by_the_page(*files, COUNTY, REGIONS[COUNTY], NEXT_VAULT) == DOCUMENTS[household]
            continue
        with pytest.raises(Stop) as ours:
            shredded.document(household)
        with pytest.raises(reader.Refused) as theirs:
            by_the_page(*files, COUNTY, REGIONS[COUNTY], NEXT_VAULT)
        assert ours.value.code == str(theirs.value) == "report-shredded"


def test_the_wrong_epoch_of_the_vault_opens_nothing(golden, folder):
    shredded = golden.but(shares=(folder / "shares-without-H000003.hds").read_bytes())
    with pytest.raises(BrokenSeal) as broken:
        shredded.document("H000001")
    assert (broken.value.where["file"], broken.value.where["part"]) == ("shares", "recipient")
