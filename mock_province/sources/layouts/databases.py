"""The four departments with a database.

Dates and amounts are text in all of them, as in the exchange layers that departments copy data into.
"""

from mock_province.sources.layout import (
    NUMBER,
    Code,
    Column,
    ControlTable,
    Dataset,
    Date,
    Exchange,
    Money,
    Source,
    Table,
)

COMPACT = Date("%Y%m%d")
YUAN = Money()

PUBLIC_SECURITY = Source(
    id="public_security",
    transport="database",
    exchange=Exchange(
        "ga_exchange",
        batch="pcrq",
        order="xh",
        control=ControlTable("sjjh_kzb", dataset="sjj", batch="pcrq", data="sjrq", count="jls", sum="jehj"),
    ),
    datasets=(
        Dataset(
            "household_registration",
            (
                Column("gmsfhm", "resident_id"),
                Column("xm", "name"),
                Column("hh", "household_number"),
                Column("yhzgx", "relation"),
                Column("hjdz", "address"),
                Column("djrq", "registered_on", COMPACT),
                Column("cjdw", None, filler="00"),
            ),
            Table("v_hjxx"),
        ),
        Dataset(
            "motor_vehicle",
            (
                Column("sfzmhm", "resident_id"),
                Column("syr", "name"),
                Column("hphm", "plate"),
                Column("cllx", "kind", Code({"car": "K33", "motorcycle": "M21", "truck": "H31", "disability": "N11"})),
                Column("clpp", "model"),
                Column("zt", "status", Code({"normal": "A", "scrapped": "M", "transferred": "B"})),
                Column("ccdjrq", "registered_on", COMPACT),
                Column("gxrq", "as_of", Date(), typed=True),
            ),
            Table("v_jdc"),
        ),
    ),
)

CIVIL_AFFAIRS = Source(
    id="civil_affairs",
    transport="database",
    exchange=Exchange(
        "mz_share",
        batch="batch_date",
        order="seq",
        control=ControlTable(
            "delivery_control",
            dataset="dataset",
            batch="batch_date",
            data="data_date",
            count="row_count",
            sum="amount_sum",
        ),
    ),
    datasets=(
        Dataset(
            "marriage",
            (
                Column("holder_id_no", "resident_id"),
                Column("holder_name", "name"),
                Column("cert_no", "certificate"),
                Column("marital_state", "status", Code({"married": "20", "divorced": "40"})),
                Column("spouse_name", "spouse_name"),
                Column("reg_date", "registered_on", Date()),
            ),
            Table("marriage_registration"),
        ),
        Dataset(
            "death",
            (
                Column("deceased_id_no", "resident_id"),
                Column("deceased_name", "name"),
                Column("cert_no", "certificate"),
                Column("death_date", "died_on", Date()),
                Column("cremated", None, filler="Y"),
            ),
            Table("death_cremation"),
        ),
    ),
)

HUMAN_RESOURCES = Source(
    id="human_resources",
    transport="database",
    exchange=Exchange(
        "rs_datahub",
        batch="snapshot_date",
        order="row_no",
        control=ControlTable(
            "snapshot_log",
            dataset="subject",
            batch="snapshot_date",
            data="as_at",
            count="records",
            sum="total",
        ),
    ),
    datasets=(
        Dataset(
            "social_insurance",
            (
                Column("aac002", "resident_id"),
                Column("aac003", "name"),
                Column("aac001", "insurance_number"),
                Column("aab004", "employer"),
                Column("aac040", "base", YUAN),
                Column("aae042", "paid_until", COMPACT),
                Column("aac031", "status", Code({"paying": "1", "suspended": "2", "retired": "3"})),
            ),
            Table("ac02"),
        ),
        Dataset(
            "pension",
            (
                Column("aac002", "resident_id"),
                Column("aac003", "name"),
                Column("aac001", "insurance_number"),
                Column("aae019", "amount", YUAN),
                Column("aae041", "period_from", COMPACT),
                Column("aae042", "period_to", COMPACT),
            ),
            Table("ac61"),
            sum_item="amount",
        ),
    ),
)

NATURAL_RESOURCES = Source(
    id="natural_resources",
    transport="database",
    exchange=Exchange(
        "bdc_query",
        batch="jhrq",
        order="rowid_",
        control=ControlTable("jh_log", dataset="ywlx", batch="jhrq", data="sjrq", count="ts", sum="hj"),
    ),
    datasets=(
        Dataset(
            "real_estate",
            (
                Column("qlr_zjh", "resident_id"),
                Column("qlrmc", "name"),
                Column("bdcqzh", "certificate"),
                Column("zl", "address"),
                Column("jzmj", "area", NUMBER, typed=True),
                Column("ghyt", "use", Code({"residential": "10", "commercial": "30", "other": "90"})),
                Column("qlbl", "share", NUMBER, typed=True),
                Column("qszt", "status", Code({"current": "1", "cancelled": "2"})),
                Column("djsj", "registered_on", Date("%Y-%m-%d 00:00:00")),
            ),
            Table("qlr_fdcq"),
        ),
    ),
)

DATABASES = (PUBLIC_SECURITY, CIVIL_AFFAIRS, HUMAN_RESOURCES, NATURAL_RESOURCES)
