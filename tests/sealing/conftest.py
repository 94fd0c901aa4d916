"""One sealed batch of each suite, made once."""

import pytest

from tests.sealing.world import SUITES, Sealed, sealed


@pytest.fixture(scope="session", params=SUITES, ids=[suite.name for suite in SUITES])
def whole(request) -> Sealed:
    return sealed(request.param)
