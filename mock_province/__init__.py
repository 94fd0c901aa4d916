"""A synthetic province with known truth, and the servers of its 55 sources: the outside world.

It knows the catalogue and nothing else of ours: what Hedui reads from it, Hedui has to understand by itself.
"""
