"""What good data looks like: typed rules a category, and the one module that has Great Expectations judge by them."""
