"""Hostile files by the thousand (`HEDUI_FUZZ=200000` for all of them): the typed error or the honest document.

Time is measured by `make bench NAME=sealing_fuzz`; a busy machine would fail a test of it. Memory is counted here.
"""

import os

from bench.sealing_fuzz import BAR_MEMORY, fuzz


def test_hostile_files_end_in_the_typed_error_and_take_little_memory():
    inputs = int(os.environ.get("HEDUI_FUZZ", "5000"))
    found = fuzz(inputs, seed=20260630, memory_of_every=max(1, inputs // 1000))
    assert found.inputs == inputs
    assert found.faults == []
    assert found.memory <= BAR_MEMORY, found.worst
    # Each check did some of the work: mutations that never get past the first would prove little.
    reached = {outcome.rpartition(" ")[2] for outcome in found.outcomes}
    assert reached >= {"layout", "names", "signer", "signature", "recipient", "batch-key", "table", "path", "share"}
    assert reached >= {"data-key", "commitment", "payload", "document", "opens"}
