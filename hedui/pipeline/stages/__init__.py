"""One module a stage. Each is a function that can be killed at any instant and run again."""
