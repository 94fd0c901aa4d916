"""The three departments that drop files: a workbook, XML, CSV."""

from mock_province.sources.layout import (
    NUMBER,
    Code,
    Column,
    Dataset,
    Date,
    Delimited,
    Source,
    Spreadsheet,
    Xml,
)

SLASHED = Date("%Y/%m/%d", bare=True)

TRANSPORT = Source(
    id="transport",
    transport="file",
    datasets=(
        Dataset(
            "vessel",
            (
                Column("序号", None),  # the writer numbers the rows
                Column("船舶所有人", "name"),
                Column("证件号码", "resident_id"),
                Column("船舶登记号", "vessel_number"),
                Column("船舶种类", "kind"),
                Column("总吨位", "tonnage", NUMBER, typed=True),
                Column("登记日期", "registered_on", Date(), typed=True),
            ),
            Spreadsheet(sheet="船舶登记", title="船舶登记信息表　业务日期：{date:%Y-%m-%d}　共{count}条"),
            path="船舶登记_{date:%Y%m%d}.xlsx",
        ),
    ),
)

DISABLED_FEDERATION = Source(
    id="disabled_federation",
    transport="file",
    datasets=(
        Dataset(
            "disability",
            (
                Column("holder/idNumber", "resident_id"),
                Column("holder/name", "name"),
                Column("certificate/number", "certificate"),
                Column(
                    "certificate/category",
                    "kind",
                    Code(
                        {
                            "visual": "1",
                            "hearing": "2",
                            "speech": "3",
                            "physical": "4",
                            "intellectual": "5",
                            "mental": "6",
                            "multiple": "7",
                        }
                    ),
                ),
                Column("certificate/grade", "level", NUMBER),
                Column("certificate/issued", "issued_on", Date()),
            ),
            Xml(
                root="cardholders",
                namespace="urn:example:disabled-federation:cardholders:1",
                record="cardholder",
                attributes=(("businessDate", "{date:%Y-%m-%d}"), ("count", "{count}")),
            ),
            path="cdpf_cardholders_{date:%Y%m%d}.xml",
        ),
    ),
)

AGRICULTURE = Source(
    id="agriculture",
    transport="file",
    datasets=(
        Dataset(
            "farm_machinery",
            (
                Column("机主姓名", "name"),
                Column("身份证号", "resident_id"),
                Column("号牌号码", "plate"),
                Column("机具种类", "kind"),
                Column("功率(千瓦)", "power", NUMBER),
                Column("登记日期", "registered_on", SLASHED),
                Column("统计日期", "as_of", Date()),
            ),
            Delimited(
                encoding="utf-8-sig",
                delimiter=",",
                header=True,
                quoted=True,
                newline="\r\n",
                companion=("njdj_{date:%Y%m%d}.ok", "date={date:%Y-%m-%d}\r\nrows={count}\r\n"),
            ),
            path="njdj_{date:%Y%m%d}.csv",
        ),
    ),
)

DROPS = (TRANSPORT, DISABLED_FEDERATION, AGRICULTURE)
