-- Matches of accepted sources to members under a live authorisation: nobody else is among the applicants.
CREATE TEMP TABLE matched AS
SELECT
    h.part,
    h.household_ref,
    m.applicant_id AS member_ref,
    m.source,
    m.category,
    m.record_id,
    m.grade,
    m.weight,
    m.evidence
FROM matches AS m
JOIN applicants AS a ON a.member_ref = m.applicant_id
JOIN household AS h ON h.household_ref = a.household_ref
WHERE list_contains($accepted, m.source)
