"""What judging an extract comes to. Holds no value of any record but the accepted records themselves."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

QUARANTINED_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),  # 1-based number of the data row as delivered
        pa.field("reason", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),  # the field that breaks the rule; `*` for the row as a whole
    ]
)


@dataclass(frozen=True)
class Verdict:
    """Which records go on, which are set aside and why, and whether the extract as a whole is refused.

    A rule that could not be evaluated (its column is missing, say) is neither passed nor failed: it is named in
    `not_evaluated` as `reason:item`, and refuses the extract with the reason `not-evaluated`.
    Where `refused` has any reason, `accepted` is empty.
    """

    accepted: pa.Table  # as given, without the rows set aside
    quarantined: pa.Table  # QUARANTINED_SCHEMA, one line a row, in order of row
    refused: tuple[str, ...] = ()  # reasons, each once
    not_evaluated: tuple[str, ...] = ()
