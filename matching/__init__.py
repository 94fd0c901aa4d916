"""Who a record belongs to: resident IDs, names, candidates, scoring. Pure functions over Arrow.

Needs nothing else of ours, so that it can be used alone.
"""
