"""Banks 33 to 43: nested JSON over HTTP with signed requests and cursors."""

from dataclasses import replace
from typing import Literal

from mock_province.sources.layout import (
    Code,
    Column,
    Dataset,
    Json,
    Money,
    Source,
    Unit,
)
from mock_province.sources.layouts.banking import COMPACT, DASHED, SLASHED, WITH_WEALTH

HEAD_AND_BODY = Json(  # amounts as text in yuan, one object per account
    path="/open/{kind}",
    envelope='{"head":{"retCode":"00","settleDate":"$date","records":"$count","total":"$sum"},'
    '"body":{"list":"$records","next":"$next"}}',
    paging="cursor",
    page_parameter="cursor",
    size_parameter="limit",
    date_parameter="settleDate",
    date="%Y%m%d",
)
CUSTOMERS = Json(  # amounts in fen as numbers, one object per customer with the accounts inside
    path="/api/v3/customers/{kind}",
    envelope='{"businessDate":"$date","control":{"count":"$count","sumFen":"$sum_number"},'
    '"customers":"$records","page":{"next":"$next","size":"$size"}}',
    paging="cursor",
    page_parameter="after",
    size_parameter="size",
    date_parameter="businessDate",
    nested="accounts",
)
META_AND_DATA = Json(  # numbers with decimals, which a reader must not pass through binary floats
    path="/assets/{kind}/snapshot",
    envelope='{"meta":{"asOf":"$date","records":"$count","sum":"$sum_number"},"data":"$records",'
    '"links":{"cursor":"$next"}}',
    paging="cursor",
    page_parameter="cursor",
    size_parameter="count",
    date_parameter="asOf",
)


def _head_and_body(category: str) -> tuple[tuple[Column, ...], Unit]:
    holder = (Column("holder/certNo", "resident_id"), Column("holder/certName", "name"))
    amount = Column("amount/value", "balance" if category == "deposit" else "value", Money("yuan"))
    currency = Column("amount/currency", None, filler="CNY")
    if category == "deposit":
        return (
            *holder,
            Column("account/no", "account"),
            Column("account/type", "kind", Code({"demand": "SAV", "fixed": "FIX"})),
            Column("account/opened", "opened_on", COMPACT),
            amount,
            currency,
            Column("balanceDate", "as_of", COMPACT),
        ), "yuan"
    return (
        *holder,
        Column("contract/no", "contract"),
        Column("contract/product", "product"),
        Column("contract/bought", "bought_on", COMPACT),
        amount,
        currency,
        Column("balanceDate", "as_of", COMPACT),
    ), "yuan"


def _customers(category: str) -> tuple[tuple[Column, ...], Unit]:
    holder = (Column("identity/number", "resident_id"), Column("identity/name", "name"))
    if category == "deposit":
        return (
            *holder,
            Column("accounts/accountNo", "account"),
            Column("accounts/kind", "kind", Code({"demand": "D", "fixed": "T"})),
            Column("accounts/balanceFen", "balance", Money("fen"), typed=True),
            Column("accounts/openDate", "opened_on", DASHED),
        ), "fen"
    return (
        *holder,
        Column("accounts/contractNo", "contract"),
        Column("accounts/productName", "product"),
        Column("accounts/valueFen", "value", Money("fen"), typed=True),
        Column("accounts/tradeDate", "bought_on", DASHED),
    ), "fen"


def _meta_and_data(category: str) -> tuple[tuple[Column, ...], Unit]:
    holder = (Column("person/id", "resident_id"), Column("person/fullName", "name"))
    if category == "deposit":
        return (
            *holder,
            Column("deposit/account", "account"),
            Column("deposit/product/kind", "kind", Code({"demand": "current", "fixed": "term"})),
            Column("deposit/balance", "balance", Money("yuan"), typed=True),
            Column("deposit/since", "opened_on", SLASHED),
        ), "yuan"
    return (
        *holder,
        Column("holding/contract", "contract"),
        Column("holding/product", "product"),
        Column("holding/value", "value", Money("yuan"), typed=True),
        Column("holding/since", "bought_on", SLASHED),
    ), "yuan"


_JSON = {
    "head": (HEAD_AND_BODY, _head_and_body, {"deposit": "deposits", "wealth_product": "wealth"}),
    "customers": (CUSTOMERS, _customers, {"deposit": "accounts", "wealth_product": "products"}),
    "meta": (META_AND_DATA, _meta_and_data, {"deposit": "deposit", "wealth_product": "wealth"}),
}


def _signed(number: int, family: Literal["head", "customers", "meta"]) -> Source:
    form, columns_of, kinds = _JSON[family]
    bank = f"bank_{number:02}"
    datasets = []
    for category in ("deposit", "wealth_product") if bank in WITH_WEALTH else ("deposit",):
        columns, unit = columns_of(category)
        datasets.append(
            Dataset(
                category,
                columns,
                replace(form, path=form.path.format(kind=kinds[category])),
                sum_item="balance" if category == "deposit" else "value",
                sum_unit=unit,
            )
        )
    return Source(bank, "signature", tuple(datasets))


SIGNED_BANKS = (
    _signed(33, "head"),
    _signed(34, "customers"),
    _signed(35, "meta"),
    _signed(36, "head"),
    _signed(37, "customers"),
    _signed(38, "meta"),
    _signed(39, "head"),
    _signed(40, "customers"),
    _signed(41, "meta"),
    _signed(42, "head"),
    _signed(43, "customers"),
)
