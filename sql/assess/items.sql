-- Matched records of one category, their items as JSON; $items is made from the catalogue.
INSERT INTO record
SELECT
    m.part,
    m.household_ref,
    m.member_ref,
    m.source,
    m.category,
    m.record_id,
    CAST(r.as_of AS VARCHAR),
    m.grade,
    m.weight,
    m.evidence,
    CAST(to_json({$items}) AS VARCHAR)
FROM accepted AS r
JOIN matched AS m ON m.record_id = r.record_id
WHERE m.category = '$category'
ORDER BY m.part
