"""What is done to an installation as a whole: other keys for what it holds, the end of some of it, and its upkeep.

Keys: rewrap, renew, shred, reconcile, generations (docs/keys.md). Upkeep: retention, expiry, areas, key ages, and the
steps of housekeeping (docs/retention.md). Each can be killed at any instant and called again.
"""
