# Why a record is held to be a member's (matching/), and what can go wrong with the engines.

evidence-number-equal = same ID number
evidence-number-equal-15 = same ID number, one of them in its old form of 15 digits
evidence-name-same = same name
evidence-name-similar = similar name
evidence-name-different = different name
evidence-name-missing = no name to compare
evidence-number-shared = fits more than one member under verification

problem-engine-unknown = there is no engine “{ $engine }”
problem-engine-unknown-hint = set HEDUI_ENGINE to one of: { $known }
problem-engine-failed = the { $engine } engine could not go on ({ $kind })
problem-engine-failed-hint = check free disk space and memory, then run again: nothing is lost or done twice
