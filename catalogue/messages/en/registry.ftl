# The registry: keyring, database, households and their file.

problem-keyring-does-not-fit = this keyring did not seal what is in the registry
problem-keyring-does-not-fit-hint = use the keyring that belongs to this registry, or another HEDUI_HOME for a new one
problem-seal-broken = the sealed value { $what } does not open: it was changed or moved, or another keyring sealed it
problem-seal-broken-hint = check that keyring and registry belong together; otherwise restore the registry from a copy
problem-registry-unreachable = the registry { $database } cannot be used ({ $kind })
problem-registry-unreachable-hint = check HEDUI_DATABASE_URL, that the database runs, and its user's rights
problem-registry-newer = the registry has schema { $found }; this version of Hedui knows { $known }
problem-registry-newer-hint = install the version of Hedui that last worked with this registry, or a later one
problem-run-closed = run { $run } does not exist or is published: nothing more can be recorded in it
problem-run-closed-hint = start the run of its business date again: hedui nightly
problem-asking-closed = the asking of run { $run } has ended: nothing more of source { $source } is recorded in it
problem-asking-closed-hint = run the night again for the next edition, once this run is published: hedui nightly
problem-reports-incomplete = run { $run } has { $found } reports for { $expected } households: it was not published
problem-reports-incomplete-hint = readers keep what they had. Run the night again; if it stops here again, delete the folder work/run={ $run } in HEDUI_HOME: the run then starts over
problem-audit-unwritable = the audit trail cannot be written ({ $kind }), so nothing is shown
problem-audit-unwritable-hint = check the registry's disk space and rights, then try again

problem-import-no-file = there is no file { $path } that can be read
problem-import-no-file-hint = check the path; a template is made by: hedui household template FILE.xlsx
problem-import-empty-file = the file { $path } is empty (0 bytes)
problem-import-empty-file-hint = export it again from where it comes from
problem-import-old-xls = the file { $path } is in the old .xls format
problem-import-old-xls-hint = open it and save it as .xlsx or as CSV
problem-import-password = the file { $path } is protected by a password
problem-import-password-hint = save it without a password, and delete that copy after the import
problem-import-not-a-spreadsheet = the file { $path } is neither an .xlsx spreadsheet nor a CSV in UTF-8 or GB18030
problem-import-not-a-spreadsheet-hint = start from the template: hedui household template FILE.xlsx
problem-import-broken-csv = a quotation mark in line { $line } of { $path } is not closed, or stands inside a value
problem-import-broken-csv-hint = export it again, or save it as .xlsx
problem-template-exists = the file { $path } exists already
problem-template-exists-hint = give another name
problem-template-unwritable = the file { $path } cannot be written
problem-template-unwritable-hint = check that the folder exists and is yours to write

household-help =
    Households, members, declarations and authorisations.

    Example: hedui household import households.xlsx
household-import-help =
    Take in households from a spreadsheet (.xlsx) or a CSV (UTF-8 or GB18030): one row a member.

    All of the file is taken in, or nothing: every mistake is named by row and column. Households that are in the registry are updated, and what they were before is kept; households that the file does not name are left alone.

    Example: hedui household import households.xlsx --dry-run
household-dry-run-help = name mistakes and count changes; take nothing in
household-template-help =
    Write a spreadsheet to fill in, with examples, lists to choose from and an explanation of every column.

    Example: hedui household template households.xlsx
household-taken-in = taken in: { $households } households, { $rows } members: { $new } new, { $updated } updated, { $unchanged } unchanged
household-dry-run = nothing taken in; this file would bring { $households } households, { $rows } members: { $new } new, { $updated } updated, { $unchanged } unchanged
household-changed = changed: { $parts }
household-part-place = place { $count }
household-part-case = case { $count }
household-part-authorisation = authorisation { $count }
household-part-members = members { $count }
household-part-declared = declared figures { $count }
household-warnings = warnings: { $count } (they do not stop the import)
household-more = … and { $count } more; all of them: --json
household-template-made = template: { $path }
household-place = row { $row }, { $column }:{" "}

problem-import-mistakes = mistakes in { $path } ({ $count }): nothing was taken in
problem-import-mistakes-hint = mend the cells named above and import the file again

household-column-household = household
household-column-county = county
household-column-township = township
household-column-case = case
household-column-case_kind = case kind
household-column-purpose = purpose
household-column-authorisation = authorisation
household-column-signed_on = signed on
household-column-valid_until = valid until
household-column-revoked_on = revoked on
household-column-member = member
household-column-relation = relation
household-column-name = name
household-column-resident_id = resident id
household-column-signed = signed
household-column-guardian = guardian
household-column-declared_monthly_income = declared monthly income
household-column-declared_financial_assets = declared financial assets
household-column-declared_vehicles = declared vehicles
household-column-declared_houses = declared houses

household-legend-title = How to fill in this file
household-legend-rows = One row a member. Cells about the household are repeated on each of its rows and must agree. Delete the example rows: their people are invented.
household-legend-sheet = Legend
household-legend-column = column
household-legend-must = must be filled
household-legend-meaning = what it holds
household-legend-yes = yes
household-legend-no = may be blank
household-legend-household = reference of the household: a letter, then letters, digits or hyphens, as H000123
household-legend-county = six-digit code of the county or district that handles the case, as 320102
household-legend-township = code or name of the township or street
household-legend-case = reference of the request to verify, as C2026-000123
household-legend-case_kind = what led to the request: { $codes }
household-legend-purpose = what the verification is for: { $codes }
household-legend-authorisation = number of the signed authorisation letter; blank where there is none, and then nobody is queried
household-legend-signed_on = day of signing, as 2026-01-31
household-legend-valid_until = last day of the term; blank: while assistance lasts
household-legend-revoked_on = day on which the authorisation was withdrawn
household-legend-member = number of the person within the household: 1, 2, 3 …
household-legend-relation = relation to the applicant: { $codes }
household-legend-name = name as on the ID card
household-legend-resident_id = ID number, in a cell formatted as text: a number cell loses its last digits
household-legend-signed = whether the person, or a guardian for the person, signed the letter: 是/yes or 否/no
household-legend-guardian = member number of who signed for a person who cannot (a minor under 18 always)
household-legend-declared_monthly_income = what the person declares to earn in a month, in yuan; blank: not declared
household-legend-declared_financial_assets = what the person declares to own in deposits, funds and the like, in yuan; blank: not declared
household-legend-declared_vehicles = number of motor vehicles declared; blank: not declared
household-legend-declared_houses = number of homes declared; blank: not declared

case-kind-new = new application
case-kind-reverification = re-verification
case-kind-monitoring = monitoring
case-kind-on_demand = on demand
purpose-allowance = minimum living allowance
purpose-destitute = destitute support
purpose-margin = margin of the allowance
purpose-rigid_expenditure = rigid expenditure
purpose-disaster = disaster relief
purpose-medical = medical assistance
purpose-temporary = temporary assistance
purpose-single_severely_disabled = single severely disabled
purpose-several_disabled = several disabled members
purpose-charity = charity
purpose-education = education assistance
purpose-housing = housing assistance
purpose-employment = employment assistance
purpose-relapse = relapse into poverty
purpose-legal_aid = legal aid
purpose-workers_in_hardship = workers in hardship
purpose-other = other
relation-self = applicant
relation-spouse = spouse
relation-child = child
relation-parent = parent
relation-other = other

household-mistake-missing = this cell must be filled
household-mistake-missing-column = this column is missing from the first row
household-mistake-unknown-column = this heading is not known; headings are those of the template
household-mistake-repeated-column = this heading stands twice, first in column { $first }
household-mistake-no-heading = a filled cell in a column without a heading
household-mistake-no-rows = no row is filled below the headings
household-mistake-merged-cell = merged cells; each cell must stand for itself
household-mistake-formula-cell = a formula; paste its value instead
household-mistake-error-cell = a spreadsheet error; enter the value instead
household-mistake-reference = expected a reference: a letter, then at most 31 letters, digits or hyphens, no ID number
household-mistake-short-text = expected at most { $longest } characters, no ID number
household-mistake-example = an example row of the template: delete it
household-mistake-county = expected the six-digit code of a county or district of the province
household-mistake-code = expected one of: { $codes }
household-mistake-date = expected a date such as 2026-01-31
household-mistake-no-such-day = the calendar has no such day
household-mistake-date-implausible = expected a date not before { $first }
household-mistake-amount = expected an amount in yuan such as 1234.50
household-mistake-amount-in-wan = expected yuan, not 万 (ten thousand yuan): write 10000 for 1万
household-mistake-amount-decimals = expected at most two decimals
household-mistake-amount-too-large = expected an amount below 1,000,000,000,000,000 yuan
household-mistake-negative = expected zero or more
household-mistake-scientific = expected all digits, not scientific notation such as 1.2E+05
household-mistake-whole-number = expected a whole number
household-mistake-count = expected a whole number from { $lowest } to { $highest }
household-mistake-yes-no = expected 是 or 否 (yes or no)
household-mistake-not-a-name = expected a name: at most 100 characters, no row of digits
household-mistake-unseen-character = holds a character that cannot be seen (a control or writing-direction mark): type it anew
household-mistake-not-a-number = expected the number of a document: at most { $longest } characters
household-mistake-digits-lost = the spreadsheet has kept this number in scientific notation and lost its last digits: format the cell as text and enter the number again
household-mistake-differs = differs from row { $other } of the same household
household-mistake-member-repeated = this member number stands in row { $other } of the same household
household-mistake-person-repeated = this person stands in row { $other } of the same household
household-mistake-applicant-repeated = a household has one applicant; row { $other } is one already
household-mistake-of-two-households = this stands in row { $other } for another household
household-mistake-another-household = the registry knows this as another household's
household-mistake-no-signing-date = an authorisation needs its day of signing
household-mistake-no-letter = a date without an authorisation: expected its number
household-mistake-signed-without-letter = signed, but the authorisation's number is missing
household-mistake-before-signing = lies before the day of signing
household-mistake-minor-without-guardian = a minor under 18 on the day of signing: expected the member number of the guardian who signed
household-mistake-own-guardian = nobody signs as their own guardian
household-mistake-guardian-not-a-member = expected the number of a member of the same household
household-mistake-guardian-minor = this guardian is a minor under 18 on the day of signing
household-mistake-in-another-household = this person is also a member of household { $household }
household-mistake-in-a-household-elsewhere = this person is also a member of a household elsewhere
household-mistake-id-bad-check = the check character does not follow from the digits: please compare with the card
household-mistake-id-bad-date = holds no such day as a date of birth: please compare with the card
household-mistake-id-wrong-length = expected 18 characters (or 15 for an old card): please compare with the card
household-mistake-id-masked = part of the number is masked; such a person cannot be verified
household-mistake-id-old-sequence = an old number with a sequence of 996 to 999: born in 18xx, or mistyped
household-mistake-id-old-card = a foreigner's permanent card before 2023: it has no check character
household-mistake-id-other = not a resident ID number; only exact agreement can be found
