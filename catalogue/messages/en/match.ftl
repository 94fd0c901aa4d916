# hedui match: match any two Parquet files, estimate parameters, explain a match.

cli-match = match any two files: records and applicants
match-help =
    Match the records in RECORDS to applicants, and write the matches to --out, sorted by record_id. Needs no registry and no keyring.

    RECORDS: one or more Parquet files, or folders of *.parquet; columns record_id, resident_id, name (text), and optionally birth_date (date32), sex, document_type (resident_id, passport, military, other). Applicants: applicant_id and the same, and optionally former_names (list of text).

    Columns of the output: record_id, applicant_id, grade, weight, evidence. All of it: docs/match.md.

    Example: hedui match RECORDS.parquet --applicants APPLICANTS.parquet --out MATCHES.parquet
match-applicants-help = the applicants, a Parquet file
match-out-help = the file to write the matches to; one that exists is replaced as a whole
match-engine-help = what runs the matching
match-parameters-help = use this file of parameters (made by: hedui match fit) instead of those that come with Hedui
match-json-help = print one JSON object on standard output, for programs
match-explain = explain one match: the weight of each piece of evidence
match-fit = estimate parameters from these two inputs
match-fit-help =
    Estimate from RECORDS and applicants themselves (by EM) how much each piece of evidence says, and write a file of parameters for --parameters. The truth need not be known.

    Example: hedui match fit RECORDS.parquet --applicants APPLICANTS.parquet --out PARAMETERS.toml
match-fit-out-help = the file to write the parameters to; one that exists is replaced as a whole
match-fit-date-help = date of the data, YYYY-MM-DD, to be written into the file; default: today
match-explain-help =
    Draw why a record is held to be an applicant's: every piece of evidence, the running total, the thresholds of the grades, and the rule that capped the grade.

    MATCHES is what hedui match wrote. RECORD_ID names the record; write - to have it read from standard input. No ID number may stand on the command line.

    Example: hedui match explain MATCHES.parquet R000123 --svg WHY.svg
match-explain-applicant-help = only this applicant (applicant_id)
match-explain-svg-help = draw it into this SVG file as well
match-explain-parameters-help = the file that was given to --parameters when matching, to draw its thresholds

match-no-id-on-command-line = looks like an ID number. Command lines stay in histories, and no personal data may stand there; write - to have it read from standard input
match-progress = Matching
match-progress-fit = Comparing

match-interrupted = Stopped: nothing was written, and a file that was there is as it was

match-done = Matched in { $seconds } s; records: { $records }, applicants: { $applicants }
match-column-what = what
match-column-count = how many
match-grade-certain = certain
match-grade-probable = probable (for review)
match-grade-possible = possible (for review)
match-number = number: { $kind }
match-number-empty = there is none
match-number-scientific = scientific notation, digits are lost
match-number-masked = partly masked
match-number-old_sequence = 15 digits with sequence 996 to 999 (born in 18xx)
match-number-old_card = a foreigner's permanent card from before 2023
match-number-bad_check = wrong check character
match-number-bad_date = no such date
match-number-wrong_length = neither 15 nor 18 places
match-number-other = another document, or words
match-null-resident_id = { $side }: number null
match-null-name = { $side }: name null
match-unknown-sex = { $side }: sex not known, read as unknown
match-unknown-document_type = { $side }: document type not known, read as “other”
match-side-records = records
match-side-applicants = applicants
match-number-document = another type of document (compared as text)
match-capped = look-ups with too many candidates to compare
match-wrote = Written: { $path }

match-fit-done = Parameters written to { $path }: version { $version }; candidate pairs: { $pairs }
match-fit-use = Use them: hedui match RECORDS.parquet --applicants APPLICANTS.parquet --out MATCHES.parquet --parameters { $path }

waterfall-title = { $record } → { $applicant }: { $grade }
waterfall-subtitle = Weight { $weight } (powers of two: one more doubles the odds that it is the same person)
waterfall-evidence = evidence
waterfall-weight = weight
waterfall-total = total
waterfall-threshold = threshold of { $grade }: { $weight }
waterfall-described = Pieces of evidence: { $count }, with the total weight { $weight }. { $items }. { $why }
waterfall-item = { $label } { $weight }, total { $total }
waterfall-joiner = ;{" "}
waterfall-axis = weight (logarithm to base 2)
waterfall-not-adding = the pieces of evidence do not add up to the weight in the file

match-rule-certain = The number is valid, whole and equal, the name agrees, and nobody else fits: certain.
match-rule-tied = Rule: several applicants fit, so none is certain; a person says whose it is.
match-rule-name-close = Rule: the number is equal, but the name only similar: probable at most.
match-rule-name-missing = Rule: the number is equal, but there is no name to compare: probable at most.
match-rule-name-different = Rule: the number is equal and the name different: possible at most; kept for a person to look at.
match-rule-number = Rule: the number is not valid, whole and equal: probable at most, whatever the weight.
match-rule-number-and-name = Rule: the number is not valid, whole and equal, and the name does not agree: possible at most.
match-rule-threshold = The weight { $weight } is below the threshold of { $grade }, { $threshold }.

problem-match-no-file = there is no file or folder { $path } that can be read
problem-match-no-file-hint = check the path, and that you may read it
problem-match-applicants-folder = --applicants { $path } is a folder; expected: one Parquet file
problem-match-applicants-folder-hint = name the file; several become one with: duckdb -c "COPY (SELECT * FROM 'FOLDER/*.parquet') TO 'applicants.parquet'"
problem-match-folder-without-parquet = the folder { $path } holds no *.parquet file (folders within it are not looked into)
problem-match-folder-without-parquet-hint = give the folder that the Parquet files themselves lie in, or name the files one by one
problem-match-empty-file = the file { $path } is empty (0 bytes)
problem-match-empty-file-hint = export it again; a Parquet file without rows is fine, a file of 0 bytes is none
problem-match-not-parquet = the file { $path } is not a Parquet file
problem-match-not-parquet-hint = convert a CSV or a spreadsheet to Parquet first, reading every column as text, or ID numbers lose digits: see docs/match.md
problem-match-truncated = the Parquet file { $path } is not whole: its end is missing
problem-match-truncated-hint = writing or copying was cut short: export it or copy it again
problem-match-damaged = the Parquet file { $path } is damaged and cannot be read
problem-match-damaged-hint = export it or copy it again, and compare its size
problem-match-encrypted = the Parquet file { $path } is encrypted, and this command has no key
problem-match-encrypted-hint = have whoever holds the key export a plain copy into a folder that only you can read, and delete it after use
problem-match-column-missing = { $path } lacks the column { $column }; required: { $expected }
problem-match-column-missing-hint = correct the column names (case counts) and export it again; docs/match.md explains every column
problem-match-column-twice = { $path } has the column { $column } more than once
problem-match-column-twice-hint = keep one of them and export it again
problem-match-column-type = column { $column } of { $path } is of type { $found }; expected: { $expected }
problem-match-column-type-hint = convert the column before it is exported; docs/match.md shows how
problem-match-column-digits = column { $column } of { $path } holds figures ({ $found }), expected text: as figures, numbers lose a final X and leading zeros, and floating-point ones their last digits
problem-match-column-digits-hint = export it again as text from where it comes from; turning figures back into text does not bring lost digits back
problem-match-column-timestamp = column { $column } of { $path } is a timestamp ({ $found }), expected a date, date32: a time zone could move it by a day
problem-match-column-timestamp-hint = take the date in the time zone of the data and export it again, in SQL: CAST({ $column } AS DATE)
problem-match-id-missing = rows of { $path } without a { $column }: { $count }
problem-match-id-missing-hint = give every row an identifier of its own and export it again
problem-match-duplicate-applicants = rows of { $path } that repeat the applicant_id of another row: { $count }
problem-match-duplicate-applicants-hint = give every applicant one row; former names go into the column former_names
problem-match-duplicate-records = record_ids that stand for more than one matched row: { $count }
problem-match-duplicate-records-hint = give every record a record_id of its own; with several files, put the name of the source before it
problem-match-records-without-id = matches of records without a record_id: { $count }
problem-match-records-without-id-hint = give every record a record_id of its own
problem-match-not-utf8 = values in column { $column } of { $path } that are not UTF-8 text: { $count }
problem-match-not-utf8-hint = it may come from GB18030: name the encoding when it is turned into Parquet, and export it again
problem-match-out-is-input = the output { $path } is an input file, or lies in an input folder
problem-match-out-is-input-hint = give --out another place
problem-match-out-no-folder = the output's folder { $folder } does not exist
problem-match-out-no-folder-hint = make the folder first, or give --out another place
problem-match-out-not-a-file = the output { $path } exists and is not an ordinary file
problem-match-out-not-a-file-hint = give --out the name of a file
problem-match-out-unwritable = the output { $path } cannot be written ({ $kind })
problem-match-out-unwritable-hint = check your rights on the folder and the free disk space
problem-disk-full = no more can be written in { $folder }: the disk is full, or a quota or limit of file sizes is reached
problem-disk-full-hint = free space there, or give --out a place on a larger disk, and run again; nothing was written, and working files are removed
problem-spark-unreachable = nothing answers at the Spark master { $master }
problem-spark-unreachable-hint = check HEDUI_SPARK_MASTER (spark://host:port), that the master runs, and that this machine may reach it; or use --engine local
problem-match-bad-parameters = the file of parameters { $path } cannot be used: it is none, or not complete
problem-match-bad-parameters-hint = give a file that hedui match fit wrote, as it is
problem-match-not-matches = { $path } is not what hedui match writes
problem-match-not-matches-hint = give the file that hedui match wrote as --out
problem-match-none-of-record = { $path } holds no match of this record, or not with this applicant
problem-match-none-of-record-hint = check RECORD_ID and --applicant; records without a match are not in the file
problem-match-several = several applicants are tied for this record ({ $count }), and one picture shows one pair
problem-match-several-hint = name one with --applicant; without --svg all of them are shown
problem-match-fit-too-little = too few candidate pairs can be compared: { $count }; an estimate needs { $least }
problem-match-fit-too-little-hint = give more records, or use the parameters that come with Hedui
problem-match-fit-no-sense = no sensible parameters come of these candidate pairs ({ $count }): they say, for instance, that an equal number speaks against one person
problem-match-fit-no-sense-hint = check that the columns of both files hold what their names say; until then use the parameters that come with Hedui
