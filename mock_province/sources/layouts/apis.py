"""The five departments with an HTTP API: OAuth2 client credentials, numbered pages."""

from mock_province.sources.layout import (
    Code,
    Column,
    Dataset,
    Date,
    Json,
    Money,
    Source,
)

COMPACT = Date("%Y%m%d")
SLASHED = Date("%Y/%m/%d", bare=True)
YUAN = Money()

TAXATION = Source(
    id="taxation",
    transport="oauth2",
    datasets=(
        Dataset(
            "personal_income_tax",
            (
                Column("taxpayer/idNumber", "resident_id"),
                Column("taxpayer/name", "name"),
                Column("declarationNo", "declaration"),
                Column("withholdingAgent", "employer"),
                Column(
                    "incomeItem",
                    "income_item",
                    Code({"wages": "0101", "labour": "0400", "business": "0500", "other": "0900"}),
                ),
                Column("income", "amount", YUAN, typed=True),
                Column("taxPaid", "tax", YUAN, typed=True),
                Column("period/from", "period_from", Date()),
                Column("period/to", "period_to", Date()),
            ),
            Json(
                path="/v1/individual-income",
                envelope='{"code":0,"message":"ok","data":{"businessDate":"$date","total":"$count",'
                '"incomeSum":"$sum_number","page":"$page","pageSize":"$size","records":"$records"}}',
                paging="page",
                page_parameter="page",
                size_parameter="pageSize",
                date_parameter="businessDate",
            ),
            sum_item="amount",
        ),
    ),
)

MARKET_REGULATION = Source(
    id="market_regulation",
    transport="oauth2",
    datasets=(
        Dataset(
            "business_registration",
            (
                Column("CERNO", "resident_id"),
                Column("INV", "name"),
                Column("UNISCID", "credit_code"),
                Column("ENTNAME", "company"),
                Column("POSITION", "role", Code({"legal_representative": "1", "shareholder": "2"})),
                Column("REGCAP", "capital", Money("wan_yuan")),
                Column("REGSTATE", "status", Code({"active": "1", "dormant": "5", "cancelled": "4"})),
                Column("ESTDATE", "registered_on", SLASHED),
            ),
            Json(
                path="/api/entity/persons",
                envelope='{"RETCODE":"0000","BIZDATE":"$date","TOTAL":"$count","LIST":"$records"}',
                paging="page",
                page_parameter="pageNo",
                size_parameter="rows",
                date_parameter="bizDate",
                date="%Y%m%d",
            ),
        ),
    ),
)

MEDICAL_INSURANCE = Source(
    id="medical_insurance",
    transport="oauth2",
    datasets=(
        Dataset(
            "medical_enrolment",
            (
                Column("psn/certno", "resident_id"),
                Column("psn/psn_name", "name"),
                Column("psn/psn_no", "insurance_number"),
                Column("insu/insutype", "scheme", Code({"employee": "310", "resident": "390"})),
                Column("insu/psn_insu_stas", "status", Code({"normal": "1", "suspended": "2"})),
                Column("insu/psn_insu_date", "enrolled_on", Date()),
            ),
            Json(
                path="/fsi/insuinfo",
                envelope='{"infcode":0,"output":{"snapdate":"$date","recordCounts":"$count","insuinfo":"$records"}}',
                paging="page",
                page_parameter="pageNum",
                size_parameter="pageSize",
                date_parameter="snapdate",
            ),
        ),
    ),
)

HOUSING = Source(
    id="housing",
    transport="oauth2",
    datasets=(
        Dataset(
            "housing_fund",
            (
                Column("certNo", "resident_id"),
                Column("name", "name"),
                Column("fundAccount", "account"),
                Column("balanceFen", "balance", Money("fen"), typed=True),
                Column("monthlyFen", "monthly_deposit", Money("fen"), typed=True),
                Column("unitName", "employer"),
                Column("balanceDate", "as_of", Date()),
            ),
            Json(
                path="/gjj/v2/accounts",
                envelope='{"businessDate":"$date","count":"$count","balanceSumFen":"$sum_number",'
                '"pageNo":"$page","accounts":"$records"}',
                paging="page",
                page_parameter="page",
                size_parameter="size",
                date_parameter="date",
            ),
            sum_item="balance",
            sum_unit="fen",
        ),
    ),
)

EDUCATION = Source(
    id="education",
    transport="oauth2",
    datasets=(
        Dataset(
            "school_enrolment",
            (
                Column("student/identityNumber", "resident_id"),
                Column("student/name", "name"),
                Column("student/registrationNumber", "student_number"),
                Column("school/name", "school"),
                Column("stage", "stage", Code({"primary": "21", "junior": "31", "senior": "34", "tertiary": "41"})),
                Column("enrolmentDate", "enrolled_on", COMPACT),
                Column("censusDate", "as_of", COMPACT),  # the last 1 March or 1 October
            ),
            Json(
                path="/exchange/students",
                envelope='{"status":"success","result":{"date":"$date","totalCount":"$count","items":"$records"}}',
                paging="page",
                page_parameter="pageIndex",
                size_parameter="pageSize",
                date_parameter="date",
            ),
        ),
    ),
)

APIS = (TAXATION, MARKET_REGULATION, MEDICAL_INSURANCE, HOUSING, EDUCATION)
