# Why rows are set aside and extracts refused (expectations/).

# -- rows
reason-missing-number = no ID number
reason-missing-name = no name
reason-missing-key = no number that identifies the record
reason-missing-value = a required field is empty
reason-implausible-date = a date before 1900 or too late
reason-implausible-amount = an amount or number beyond plausible bounds
reason-unlisted-code = a code that the catalogue does not have
reason-reversed-period = a period that ends before it begins
reason-duplicate-row = the same as an earlier row in every field

# -- extracts
reason-no-rows = not a single row
reason-too-many-bad-rows = more than one row in ten is bad
reason-repeated-row-numbers = row numbers repeat
reason-names-not-chinese = fewer than half of the names have a Chinese character
reason-names-garbled = hardly any name begins with a common surname: the text is probably in another encoding
reason-not-evaluated = a rule could not be evaluated: a column is missing or of another type

problem-expectations-failed = the quality check of { $category } failed by itself ({ $kind })
problem-expectations-failed-hint = this is not the source's fault; report it with the category's name
