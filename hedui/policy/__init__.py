"""The limits in force, as dated data with their documents, and the arithmetic that holds a household against them."""
