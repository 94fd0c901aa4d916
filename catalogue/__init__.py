"""The shared vocabulary: categories and items, regions, problems and the words for them.

Depends on nothing else of ours; everything else may depend on it.
"""
