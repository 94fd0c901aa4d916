"""Extract: fetch what one source delivers for the business date, byte for byte."""

from connectors.extract import extract as fetch
from hedui.pipeline.night import Night


def extract(night: Night, source: str, attempt: int) -> int:
    """Fetch one source into its attempt's raw area and return the bytes received.

    Raises `Retry` or `Skip` where the source gave nothing to work with.
    """
    manifest = night.manifests[source]
    area = night.workspace.source(source, attempt)
    seconds = manifest.seconds or night.settings.source_seconds
    return fetch(manifest, night.business_date, area.raw, night.values, seconds=seconds).bytes
