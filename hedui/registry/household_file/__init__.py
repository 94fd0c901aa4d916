"""The file in which households arrive: one row a member, its columns, its reading, and every mistake in it."""
