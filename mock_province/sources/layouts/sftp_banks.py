"""Banks 01 to 20: delimited files by SFTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mock_province.sources.layout import (
    Code,
    Column,
    Dataset,
    Date,
    Delimited,
    Money,
    Source,
    Unit,
)
from mock_province.sources.layouts.banking import COMPACT, DASHED, DOTTED, SLASHED, WITH_WEALTH, encoding_of


@dataclass(frozen=True, slots=True)
class Core:
    """A family of core systems: what it calls columns, codes and files. An empty name: the column is not sent."""

    deposit: tuple[str, str, str, str, str, str, str]  # resident_id name account kind balance opened_on as_of
    wealth: tuple[str, str, str, str, str, str, str]  # resident_id name contract product value bought_on as_of
    kinds: Mapping[str, str]
    filler: tuple[str, str]  # a column that Hedui has no use for, and its value
    deposit_path: str
    wealth_path: str


HENGXIN = Core(
    deposit=("CERT_NO", "CUST_NAME", "ACCT_NO", "ACCT_TYPE", "BAL", "OPEN_DT", "DATA_DT"),
    wealth=("CERT_NO", "CUST_NAME", "CONT_NO", "PROD_NAME", "MKT_VAL", "BUY_DT", "DATA_DT"),
    kinds={"demand": "1", "fixed": "2"},
    filler=("BRANCH_NO", "0001"),
    deposit_path="DEP_{date:%Y%m%d}.txt",
    wealth_path="WMP_{date:%Y%m%d}.txt",
)
JINDING = Core(
    deposit=("zjhm", "khxm", "zh", "ckzl", "ye", "khrq", ""),
    wealth=("zjhm", "khxm", "hth", "cpmc", "sz", "gmrq", ""),
    kinds={"demand": "HQ", "fixed": "DQ"},
    filler=("bz", "CNY"),
    deposit_path="CKMX{date:%Y%m%d}.dat",
    wealth_path="LCMX{date:%Y%m%d}.dat",
)
RUITONG = Core(
    deposit=("证件号码", "客户名称", "账号", "储种", "账户余额", "开户日期", "余额日期"),
    wealth=("证件号码", "客户名称", "合同编号", "产品名称", "持有市值", "购买日期", "估值日期"),
    kinds={"demand": "活期", "fixed": "定期"},
    filler=("币种", "人民币"),
    deposit_path="{date:%Y-%m-%d}/deposit.csv",
    wealth_path="{date:%Y-%m-%d}/wealth.csv",
)
LANHAI = Core(
    deposit=("CUST_ID_NUM", "CUST_NM", "DEP_ACCT", "DEP_TP", "CUR_BAL_AMT", "EFF_DT", ""),
    wealth=("CUST_ID_NUM", "CUST_NM", "AGMT_ID", "PD_NM", "CUR_VAL_AMT", "EFF_DT", ""),
    kinds={"demand": "S", "fixed": "T"},
    filler=("CCY_CD", "156"),
    deposit_path="out/SAV.{date:%Y%m%d}.del",
    wealth_path="out/FIN.{date:%Y%m%d}.del",
)


def _columns(core: Core, category: str, money: Money, date: Date) -> tuple[Column, ...]:
    if category == "deposit":
        holder, name, key, kind, amount, since, as_of = core.deposit
        middle = (
            Column(key, "account"),
            Column(kind, "kind", Code(core.kinds)),
            Column(*core.filler[:1], None, filler=core.filler[1]),
            Column(amount, "balance", money),
            Column(since, "opened_on", date),
        )
    else:
        holder, name, key, product, amount, since, as_of = core.wealth
        middle = (
            Column(key, "contract"),
            Column(product, "product"),
            Column(*core.filler[:1], None, filler=core.filler[1]),
            Column(amount, "value", money),
            Column(since, "bought_on", date),
        )
    last = (Column(as_of, "as_of", date),) if as_of else ()
    return (Column(holder, "resident_id"), Column(name, "name"), *middle, *last)


def _sftp(
    number: int,
    core: Core,
    delimiter: Literal["|", ",", "\x01"],
    unit: Unit,
    date: Date,
    *,
    header: bool = False,
    lead: bool = False,
    newline: str = "\n",
    thousands: bool = False,
    sum_unit: Unit | None = None,
) -> Source:
    cut = delimiter
    with_date = "" if lead else "{date:%Y%m%d}" + cut
    form = Delimited(
        encoding=encoding_of(number),
        delimiter=delimiter,
        header=header,
        quoted=delimiter == ",",
        newline=newline,
        lead=f"H{cut}HB{number:04}{cut}{{date:%Y%m%d}}" if lead else None,
        trail=f"T{cut}{with_date}{{count}}{cut}{{sum}}",
    )
    bank = f"bank_{number:02}"
    money = Money(unit, thousands=thousands)
    deposit = Dataset(
        "deposit",
        _columns(core, "deposit", money, date),
        form,
        path=core.deposit_path,
        sum_item="balance",
        sum_unit=sum_unit or unit,
    )
    wealth = Dataset(
        "wealth_product",
        _columns(core, "wealth_product", money, date),
        form,
        path=core.wealth_path,
        sum_item="value",
        sum_unit=sum_unit or unit,
    )
    return Source(bank, "sftp", (deposit, wealth) if bank in WITH_WEALTH else (deposit,))


SFTP_BANKS = (
    _sftp(1, HENGXIN, "|", "yuan", COMPACT, header=True),
    _sftp(2, JINDING, "\x01", "fen", COMPACT),
    _sftp(3, RUITONG, ",", "yuan", SLASHED, header=True, thousands=True, newline="\r\n"),
    _sftp(4, LANHAI, "|", "yuan", DASHED, lead=True),
    _sftp(5, HENGXIN, "|", "fen", DASHED, header=True),
    _sftp(6, JINDING, "\x01", "yuan", DASHED),
    _sftp(7, RUITONG, ",", "yuan", DASHED, header=True),
    _sftp(8, LANHAI, "|", "wan_yuan", DOTTED, lead=True, newline="\r\n"),
    _sftp(9, HENGXIN, "\x01", "wan_yuan", COMPACT, header=True, sum_unit="yuan"),
    _sftp(10, JINDING, "|", "fen", SLASHED, lead=True),
    _sftp(11, RUITONG, "|", "wan_yuan", SLASHED, header=True),
    _sftp(12, LANHAI, "\x01", "yuan", COMPACT, lead=True),
    _sftp(13, HENGXIN, ",", "yuan", DOTTED, header=True, newline="\r\n"),
    _sftp(14, JINDING, "\x01", "fen", COMPACT),
    _sftp(15, RUITONG, ",", "yuan", SLASHED, header=True, thousands=True),
    _sftp(16, LANHAI, "|", "fen", COMPACT, lead=True),
    _sftp(17, HENGXIN, "|", "yuan", DOTTED, header=True, lead=True),
    _sftp(18, JINDING, "|", "yuan", COMPACT, newline="\r\n"),
    _sftp(19, RUITONG, ",", "wan_yuan", DASHED, header=True),
    _sftp(20, LANHAI, "\x01", "yuan", DASHED, lead=True),
)
