-- The table of matched records with their items, filled category by category.
CREATE TEMP TABLE record (
    part BIGINT,
    household_ref VARCHAR,
    member_ref VARCHAR,
    source VARCHAR,
    category VARCHAR,
    record_id VARCHAR,
    as_of VARCHAR,
    grade VARCHAR,
    weight DOUBLE,
    evidence STRUCT(code VARCHAR, weight DOUBLE)[],
    items VARCHAR
)
