"""Banks 21 to 32: files of fixed width, counted in bytes, dropped into a folder."""

from typing import Literal

from mock_province.sources.layout import (
    Code,
    Column,
    Dataset,
    FixedWidth,
    Money,
    Source,
    Unit,
)
from mock_province.sources.layouts.banking import COMPACT, DASHED, DOTTED, WITH_WEALTH, encoding_of

# Numbers are typed with full-width digits now and then: 40 bytes hold any of them, 60 the longest name.


def _tongyuan(category: str) -> tuple[Column, ...]:
    """Pad names with full-width spaces and amounts in fen with zeros."""
    holder = (
        Column("CERTNO", "resident_id", width=40),
        Column("CUSTNAME", "name", width=60, pad="wide"),
    )
    if category == "deposit":
        return (
            *holder,
            Column("ACCTNO", "account", width=32),
            Column("ACCTTYPE", "kind", Code({"demand": "01", "fixed": "02"}), width=2),
            Column("BALANCE", "balance", Money("fen"), width=18, pad="zero", right=True),
            Column("OPENDATE", "opened_on", COMPACT, width=8),
            Column("RESERVED", None, width=10),
        )
    return (
        *holder,
        Column("CONTNO", "contract", width=32),
        Column("PRODNAME", "product", width=80, pad="wide"),
        Column("MKTVALUE", "value", Money("fen"), width=18, pad="zero", right=True),
        Column("BUYDATE", "bought_on", COMPACT, width=8),
        Column("RESERVED", None, width=10),
    )


def _huashu(category: str) -> tuple[Column, ...]:
    """Mark each row, set amounts in yuan to the right, give the balance date in each row."""
    assert category == "deposit"
    return (
        Column("BZ", None, filler="D", width=1),
        Column("ZH", "account", width=32),
        Column("KHMC", "name", width=60),
        Column("ZJHM", "resident_id", width=40),
        Column("CZ", "kind", Code({"demand": "H", "fixed": "D"}), width=1),
        Column("YE", "balance", Money("yuan"), width=20, right=True),
        Column("KHRQ", "opened_on", DASHED, width=10),
        Column("YERQ", "as_of", DASHED, width=10),
    )


def _nanhu(category: str) -> tuple[Column, ...]:
    """Pad text of every kind with full-width spaces, also where it is ASCII; set amounts in fen to the right."""
    assert category == "deposit"
    return (
        Column("XM", "name", width=60, pad="wide"),
        Column("SFZH", "resident_id", width=40, pad="wide"),
        Column("JGH", None, filler="32098", width=6),
        Column("CKZH", "account", width=32, pad="wide"),
        Column("LX", "kind", Code({"demand": "活期", "fixed": "定期"}), width=8, pad="wide"),
        Column("JE", "balance", Money("fen"), width=16, right=True),
        Column("RQ", "opened_on", DOTTED, width=10),
    )


def _fixed(number: int, family: Literal["tongyuan", "huashu", "nanhu"], newline: str = "\r\n") -> Source:
    columns, sum_unit, lead, trail, path = {
        "tongyuan": (
            _tongyuan,
            "fen",
            f"HD{number:06}{{date:%Y%m%d}}",
            "TR{count:010}{sum:0>18}",
            "{kind}" + f"{number:02}_" + "{{date:%Y%m%d}}.DAT",
        ),
        "huashu": (
            _huashu,
            "yuan",
            f"H{number:04}  {{date:%Y-%m-%d}}",
            "T{count:>12}{sum:>20}",
            "{kind}.{{date:%Y%m%d}}",
        ),
        "nanhu": (
            _nanhu,
            "fen",
            f"{number:05}{{date:%d.%m.%Y}}",
            "9999{count:08}{sum:0>16}",
            "{{date:%Y%m%d}}/{kind}.txt",
        ),
    }[family]
    bank = f"bank_{number:02}"
    form = FixedWidth(encoding_of(number), lead=lead, trail=trail, newline=newline)
    unit: Unit = "yuan" if sum_unit == "yuan" else "fen"
    datasets = [
        Dataset("deposit", columns("deposit"), form, path=path.format(kind="CK"), sum_item="balance", sum_unit=unit)
    ]
    if bank in WITH_WEALTH:
        datasets.append(
            Dataset(
                "wealth_product",
                columns("wealth_product"),
                form,
                path=path.format(kind="LC"),
                sum_item="value",
                sum_unit=unit,
            )
        )
    return Source(bank, "file", tuple(datasets))


FIXED_BANKS = (
    _fixed(21, "tongyuan"),
    _fixed(22, "tongyuan"),
    _fixed(23, "huashu"),
    _fixed(24, "nanhu", "\n"),
    _fixed(25, "tongyuan", "\n"),
    _fixed(26, "huashu"),
    _fixed(27, "nanhu"),
    _fixed(28, "tongyuan"),
    _fixed(29, "huashu", "\n"),
    _fixed(30, "nanhu"),
    _fixed(31, "tongyuan"),
    _fixed(32, "huashu", "\n"),
)
