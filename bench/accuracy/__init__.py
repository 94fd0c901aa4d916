"""How right matching is, on mock provinces with known truth or on pairs that an office has labelled."""
