"""The end of a run as operations want it: one typed summary, told in a terminal, on a page, and as JSON."""
