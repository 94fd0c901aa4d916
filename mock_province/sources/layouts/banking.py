"""What the 43 banks have in common.

Banks buy their core systems, so layouts come in families; what differs within a family is the encoding, the unit,
how dates are written and which control lines the operator switched on.
"""

from mock_province.sources.layout import Date, Encoding

COMPACT = Date("%Y%m%d")
DASHED = Date("%Y-%m-%d")
SLASHED = Date("%Y/%m/%d", bare=True)
DOTTED = Date("%d.%m.%Y")

WITH_WEALTH = frozenset(f"bank_{n:02}" for n in (1, 2, 3, 4, 5, 6, 21, 22, 33, 34, 35, 36))


def encoding_of(number: int) -> Encoding:
    """GBK for even numbers, GB18030 for odd ones; the world writes names for GBK banks so that GBK can hold them."""
    return "gb18030" if number % 2 else "gbk"
