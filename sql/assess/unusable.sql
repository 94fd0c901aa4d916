-- About whom an accepted source delivered rows that had to be set aside: what else it knows of them is not known.
CREATE TEMP TABLE set_aside AS
SELECT DISTINCT
    h.part,
    h.household_ref,
    u.member_ref,
    u.source,
    u.category
FROM unusable AS u
JOIN applicants AS a ON a.member_ref = u.member_ref
JOIN household AS h ON h.household_ref = a.household_ref
WHERE list_contains($accepted, u.source)
