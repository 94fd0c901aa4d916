"""The sealed format, version 2: pure functions over bytes and keys. Specified byte by byte in docs/sealed-report.md.

No keyring, no database, no file system: whoever calls brings the keys and puts the files where they belong.
"""
