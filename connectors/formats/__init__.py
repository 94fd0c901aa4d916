"""Bytes → rows of cells. Each format streams a raw delivery as chunks of text cells, in bounded memory."""
