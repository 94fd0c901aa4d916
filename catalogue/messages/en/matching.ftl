# Why a record is held to be a member's (matching/), and what can go wrong with the engines.

evidence-number-equal = same ID number
evidence-number-equal-15 = same ID number, one of them in its old form of 15 digits
evidence-number-equal-document = same document number (passport, military or other), which has no check digit
evidence-number-equal-text = same ID number, written wrong in the same way on both sides
evidence-number-substitution = same ID number but for one wrong character
evidence-number-swap = same ID number but for two neighbouring characters exchanged
evidence-number-insertion = same ID number but for one character too many
evidence-number-deletion = same ID number but for one character left out
evidence-number-region = same ID number but for errors in the region code
evidence-number-birth = same ID number but for errors in the birth date
evidence-number-sequence = same ID number but for errors in the last four characters
evidence-number-masked = what a masked ID number shows agrees (10 characters or more)
evidence-number-masked-weak = what a masked ID number shows agrees (only 7 to 9 characters)
evidence-number-close-document = document numbers (passport, military or other) one character apart
evidence-number-shared = fits more than one member under verification
evidence-side-applicant = the number on the household's side is the wrong one
evidence-name-same = same name
evidence-name-former = the member's former name
evidence-name-unwritten = same name but for characters that one side could not write
evidence-name-similar = similar name
evidence-name-cut = name cut short, the same as far as it goes
evidence-name-homophone = name that sounds the same, in other characters
evidence-name-pinyin = name in Latin letters that fits
evidence-name-different = different name
evidence-name-missing = no name to compare
evidence-birth-same = same birth date
evidence-birth-different = different birth date
evidence-sex-same = same sex
evidence-sex-different = different sex

problem-engine-unknown = there is no engine “{ $engine }”
problem-engine-unknown-hint = set HEDUI_ENGINE to one of: { $known }
problem-engine-failed = the { $engine } engine could not go on ({ $kind })
problem-engine-failed-hint = check free disk space and memory, then run again: nothing is lost or done twice
