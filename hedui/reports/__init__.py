"""What is said about a household: the report document, its sealing, the store of reports, and how one is shown."""
