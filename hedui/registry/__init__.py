"""The registry: households, members, authorisations, cases, sources' states, runs and the index of reports.

`database` connects, `models` are the tables, `people` is who is verified, `runs` is what was done.
"""
