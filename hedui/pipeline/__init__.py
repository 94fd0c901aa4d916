"""The stages of a run in order, the engines they run on, and the ways to drive them."""
