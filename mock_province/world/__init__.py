"""The province itself: people, their households and holdings, and what the sources have on record about them."""
