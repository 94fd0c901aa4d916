"""Migrations of the registry, views, and the set-based queries that the pipeline and the statistics run."""
