# -- manifests: the whole
problem-bad-manifests = manifests cannot be used as they are (mistakes: { $faults }, files: { $files }):
problem-bad-manifests-hint = correct each line named; docs/manifest.md has an example of each kind

# -- manifests: one mistake each
fault-unknown-key = there is no such key here; known are { $known }
fault-missing-key = this key is needed
fault-not-one-of = expected one of: { $allowed }
fault-expected-text = expected text in quotes
fault-expected-true-or-false = expected true or false
fault-expected-whole-number = expected a whole number
fault-expected-number = expected a number
fault-expected-table = expected a table
fault-expected-list = expected a list
fault-expected-not-empty = must not be empty
fault-out-of-range = expected a number { $range }
fault-secret-in-manifest = a secret is never written in a manifest; expected one name: "${"{"}bank_01_password{"}"}"
fault-delimiter = expected one ASCII character other than a quote or a line break, e.g. "|" or "\u0001"
fault-date-pattern = expected %Y, %m and %d once each (and %H, %M, %S if there is a time), e.g. "%Y%m%d"
fault-regex = expected a regular expression in Python's form
fault-regex-groups = named groups may only be date, count, sum and bytes
fault-path-template = expected a path; in braces only the date, e.g. {"{"}date:%Y%m%d{"}"}
fault-path-outside = expected a path inside the source's folder: not absolute, no ".."
fault-url-path = expected a path that begins with "/", without "?", "#" or ".."
fault-pointer = expected a JSON pointer, e.g. "/data/records"
fault-element-path = expected a path of elements, e.g. "card/number", "card/@type" or "@id"
fault-place = expected a JSON pointer such as "/data/total", or in XML a path of elements such as "head/count"
fault-no-such-file = there is no such file
fault-not-utf-8 = expected a file in UTF-8
fault-not-toml = this is not TOML
fault-id-twice = another manifest has the same id { $id }
fault-file-name = expected a file name of lower-case letters, digits and underscores, beginning with a letter
fault-unknown-category = the catalogue has no category { $category }; known are { $known }
fault-category-twice = { $category } is mapped twice; a source delivers a category once
fault-unknown-item = { $category } has no item { $item }; known are { $known }
fault-item-twice = { $item } is mapped twice
fault-item-not-mapped = { $item } must be mapped to a column
fault-date-needed = say how the date is written, e.g. "%Y%m%d"
fault-not-for-type = has no meaning for an item of type { $type }
fault-columns-needed = without a line of names the columns must be listed here
fault-columns-and-header = the first line gives the names; list columns only where header = false
fault-column-twice = two columns are called { $column }
fault-unknown-column = there is no column { $column }; known are { $known }
fault-no-business-date = the query must ask for :business_date
fault-control-lacks = the patterns must hold exactly one group named { $group }
fault-sum-without-item = the delivery gives a sum: say of which item
fault-item-without-sum = say where the sum of this item is to be found, or leave it out

# -- values
problem-missing-value = no value named { $name }: tried the environment variable { $variable } and the file { $file }
problem-missing-value-hint = set the variable, or write the value into the file
problem-unreadable-value = the file of the value { $name } cannot be read: { $file }
problem-unreadable-value-hint = check its permissions; it must hold text in UTF-8
problem-bad-value = { $source }: the value of { $what } is not usable; expected { $expected }
problem-bad-value-hint = correct the named value, or the manifest of { $source }
problem-database-unprotected = { $source }: the address of the database for { $category } allows connections whose server nobody verifies
problem-database-unprotected-hint = take sslmode out of the address, or set it to verify-full; name the certificate of a private authority in the manifest (ca_file). Only PostgreSQL can be reached beyond this machine

# -- fetching
problem-unreachable = { $source }: no connection for { $category }
problem-unreachable-hint = ask the source whether its service is up, and check address and network; the next run tries again
problem-timed-out = { $source }: no complete answer for { $category } within { $seconds } s
problem-timed-out-hint = ask the source whether it is overloaded; its manifest may allow more time (seconds)
problem-server-error = { $source }: the source reports a fault of its own for { $category } ({ $status })
problem-server-error-hint = tell the source; the next run tries again
problem-access-refused = { $source }: access refused for { $category }
problem-access-refused-hint = renew the user name and password, or secret, in the values folder
problem-host-key-changed = { $source }: the server's host key is not the one in the manifest
problem-host-key-changed-hint = confirm the new key with the source by another way before writing it down; nothing was fetched
problem-not-delivered = { $source }: { $category } has not been delivered yet ({ $file })
problem-not-delivered-hint = ask the source when it will deliver; the next run takes it up
problem-not-a-file = { $source }: what lies at { $file } is not a file
problem-not-a-file-hint = ask the source to put its delivery there as an ordinary file
problem-still-being-written = { $source }: { $file } changed while it was read
problem-still-being-written-hint = ask the source to write under another name and rename when done; the next run tries again
problem-unexpected-answer = { $source }: an answer for { $category } that its interface does not provide for ({ $status })
problem-unexpected-answer-hint = compare the manifest with the source's interface description
problem-too-large = { $source }: the delivery of { $category } is larger than allowed ({ $limit })
problem-too-large-hint = ask the source what it delivered
problem-fetch-failed = { $source }: fetching { $category } failed inside the program ({ $error })
problem-fetch-failed-hint = report this with the name of the source; no other source is affected

# -- the delivery as a whole
problem-empty-delivery = { $source }: the delivery of { $category } is empty
problem-empty-delivery-hint = ask the source to deliver again
problem-truncated-delivery = { $source }: the delivery of { $category } breaks off before its end
problem-truncated-delivery-hint = ask the source to deliver again; check its disk space and the transfer
problem-wrong-encoding = { $source }: { $category } is not in the declared encoding ({ $expected })
problem-wrong-encoding-hint = ask the source whether it changed its encoding; if so, change the manifest
problem-stale-delivery = { $source }: the delivery of { $category } is of { $found }; asked for was { $expected }
problem-stale-delivery-hint = ask the source for the delivery of { $expected }
problem-count-mismatch = { $source }: { $category } declares { $declared } rows and holds { $found }
problem-count-mismatch-hint = ask the source to deliver again, and to check how it counts
problem-size-mismatch = { $source }: { $category } declares { $declared } bytes and has { $found }
problem-size-mismatch-hint = ask the source to deliver again
problem-sum-mismatch = { $source }: the rows of { $category } do not add up to the declared sum
problem-sum-mismatch-hint = ask the source to deliver again; check the unit of amounts in the manifest
problem-missing-column = { $column ->
    [query] { $source }: a column that the query for { $category } names is not there
    [unnamed] { $source }: most rows of { $category } have another number of columns than declared
   *[other] { $source }: { $category } lacks { $column }
    }
problem-missing-column-hint = ask the source whether its layout changed; if so, change the manifest
problem-missing-sheet = { $source }: the workbook of { $category } has no sheet { $sheet }
problem-missing-sheet-hint = ask the source whether its layout changed; if so, change the manifest
problem-column-twice = { $source }: { $category } has more than one column named { $column }
problem-column-twice-hint = ask the source which of them is meant
problem-control-unreadable = { $source }: the control data of { $category } cannot be read ({ $part })
problem-control-unreadable-hint = compare the control pattern in the manifest with the delivery
problem-pages-disagree = { $source }: pages of { $category } name different dates, counts or sums
problem-pages-disagree-hint = the data changed while they were fetched; the next run tries again
problem-unreadable-delivery = { $source }: { $category } is not in the declared format (line { $line }; 0: not known)
problem-unreadable-delivery-hint = ask the source what it delivered, and compare with the manifest
problem-decode-failed = { $source }: decoding { $category } failed inside the program ({ $error })
problem-decode-failed-hint = report this with the name of the source; no other source is affected

# -- rows set aside
reason-bad-date = not a date in the declared form
reason-bad-money = not an amount in the declared unit
reason-bad-number = not a number
reason-unknown-code = a code that the manifest does not name
reason-wrong-field-count = another number of fields
reason-wrong-length = another length of line
reason-broken-character = bytes that are no character
reason-not-a-value = not a simple value
