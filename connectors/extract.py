"""Fetching what one source delivered for one business date, as it came, within its time."""

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from catalogue.problems import Problem, Retry, Skip
from connectors.errand import Errand
from connectors.grammar import Dataset, Manifest
from connectors.landing import DatasetReceipt, Landing, Receipt
from connectors.limits import Limit, within
from connectors.values import Values

_TRIES = 3
_TRANSPORTS = {  # loaded when first needed: each brings a heavy library
    "file": "connectors.transports.file_drop",
    "sftp": "connectors.transports.sftp",
    "http": "connectors.transports.http_api",
    "database": "connectors.transports.database",
}


def extract(manifest: Manifest, business_date: dt.date, into: Path, values: Values, *, seconds: float) -> Receipt:
    """Fetch every dataset of a source into `into/<category>/`, and write `into/receipt.json` last.

    `seconds` is the limit for all of it, tries included; the manifest's own limit counts if it is shorter.
    Raises Retry if the source did not answer in time, Skip if it answered but not with its delivery,
    Stop if the manifest's values are missing or wrong.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    (into / "receipt.json").unlink(missing_ok=True)
    allowed = min(seconds, manifest.seconds or seconds)
    try:
        fetched = within(allowed, lambda limit: _all(manifest, business_date, into, values, limit))
    except Problem as problem:
        raise _named(problem, manifest, "-") from None
    receipt = Receipt(source=manifest.id, business_date=business_date.isoformat(), datasets=tuple(fetched))
    receipt.write(into)
    return receipt


def _all(manifest: Manifest, business_date: dt.date, into: Path, values: Values, limit: Limit) -> list[DatasetReceipt]:
    fetched = []
    for dataset in manifest.datasets:
        limit.doing = dataset.category
        landing = Landing(into / dataset.category, limit)
        try:
            tries = _try(Errand(manifest, dataset, business_date, values, landing, limit))
        except Problem as problem:
            raise _named(problem, manifest, dataset.category) from None
        fetched.append(DatasetReceipt(category=dataset.category, files=landing.files, tries=tries))
    return fetched


def _try(errand: Errand[Manifest, Dataset]) -> int:
    """Fetch one dataset, trying again after a pause of random length while the source may yet answer."""
    from tenacity import (
        Retrying,
        retry_if_exception_type,
        stop_after_attempt,
        stop_before_delay,
        wait_random_exponential,
    )

    fetch: Callable[..., None] = import_module(_TRANSPORTS[errand.manifest.transport.kind]).fetch
    limit = errand.limit
    tries = Retrying(
        retry=retry_if_exception_type(Retry),
        stop=stop_after_attempt(_TRIES) | stop_before_delay(limit.left),
        wait=wait_random_exponential(multiplier=min(1.0, limit.seconds / 20), max=10),
        sleep=limit.sleep,
        reraise=True,
    )

    def once() -> None:
        limit.check()
        errand.landing.clear()
        try:
            fetch(errand)
        except Problem:
            raise
        except Exception as error:  # noqa: BLE001  whatever a library says may quote the peer or a record
            raise Skip("fetch-failed", error=type(error).__name__) from None

    tries(once)
    return int(tries.statistics["attempt_number"])


def _named(problem: Problem, manifest: Manifest, category: str) -> Problem:
    """Say whose problem it is."""
    where: dict[str, Any] = {"source": manifest.id, "category": category, **problem.where}
    return type(problem)(problem.code, **where)
