-- Households in the order of every output, cut into groups that are assessed together.
CREATE TEMP TABLE household AS
SELECT
    *,
    ((row_number() OVER (ORDER BY county, household_ref)) - 1) // $size AS part
FROM households
