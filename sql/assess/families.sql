-- One row a household of one part, with its members, everything that was matched to them, and what was set aside.
SELECT
    h.household_ref,
    h.county,
    h.township,
    h.case_ref,
    h.case_kind,
    h.purpose,
    h.authorisation,
    h.members,
    coalesce(r.records, []) AS records,
    coalesce(s.unusable, []) AS unusable
FROM household AS h
LEFT JOIN (
    SELECT
        household_ref,
        list({
            'member_ref': member_ref,
            'source': source,
            'category': category,
            'record_id': record_id,
            'as_of': as_of,
            'grade': grade,
            'weight': weight,
            'evidence': evidence,
            'items': items
        }) AS records
    FROM record
    WHERE part = $part
    GROUP BY household_ref
) AS r ON r.household_ref = h.household_ref
LEFT JOIN (
    SELECT
        household_ref,
        list({'member_ref': member_ref, 'source': source, 'category': category}) AS unusable
    FROM set_aside
    WHERE part = $part
    GROUP BY household_ref
) AS s ON s.household_ref = h.household_ref
WHERE h.part = $part
ORDER BY h.county, h.household_ref
