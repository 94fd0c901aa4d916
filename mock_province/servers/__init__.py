"""The servers of the 55 sources: one process, loopback only, each source behind its own port."""
