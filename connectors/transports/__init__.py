"""The only code that speaks to a source. Each transport fetches one dataset, raw, into a landing folder."""
