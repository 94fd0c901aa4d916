"""All 55 sources by name."""

from functools import cache

from mock_province.sources.layout import Exchange, Source
from mock_province.sources.layouts.apis import APIS
from mock_province.sources.layouts.databases import DATABASES
from mock_province.sources.layouts.drops import DROPS
from mock_province.sources.layouts.fixed_banks import FIXED_BANKS
from mock_province.sources.layouts.sftp_banks import SFTP_BANKS
from mock_province.sources.layouts.signed_banks import SIGNED_BANKS


@cache
def sources() -> dict[str, Source]:
    """Return the layout of every source by its id, departments first."""
    every = (*DATABASES, *APIS, *DROPS, *SFTP_BANKS, *FIXED_BANKS, *SIGNED_BANKS)
    return {source.id: source for source in every}


def databases() -> list[tuple[Source, Exchange]]:
    """Return the sources that let themselves be queried, each with its database."""
    return [(source, source.exchange) for source in sources().values() if source.exchange]
