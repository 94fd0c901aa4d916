"""The keys of one installation: who holds the master key, the keyring, the vault, and what a worker is given.

What each key is for, where it lies and what its loss means: docs/keys.md.
"""
