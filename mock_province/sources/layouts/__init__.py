"""The 55 layouts, by the way they are delivered."""
