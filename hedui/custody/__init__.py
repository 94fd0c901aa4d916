"""Operations on keys over everything that an installation holds: other keys for it, other reports, and their end.

Each can be killed at any instant and called again. What each does and in which order to call them: docs/keys.md.
"""
