"""The server process: `python -m mock_province.servers HOME`. Started, watched and stopped by `lifecycle`."""

import asyncio
import datetime as dt
import sys
from pathlib import Path

from mock_province.places import Places, hold, read_json
from mock_province.servers import control
from mock_province.servers.postgres import Cluster
from mock_province.servers.site import Site


def main(home: str) -> int:
    """Serve the province at `home` until told to end; 1 where another process does so already."""
    places = Places(Path(home))
    if hold(places.lock) is None:
        return 1
    province, secrets = read_json(places.province), read_json(places.secrets)
    cluster = Cluster(Path(province["postgres"]), secrets["postgres"], int(read_json(places.ports).get("postgres", 0)))
    cluster.start()
    site = Site(places, dt.date.fromisoformat(province["business_date"]), secrets, cluster)
    asyncio.run(site.start(control.application(site, secrets["control"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
