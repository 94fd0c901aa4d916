"""User-facing words, looked up in the message catalogues `messages/<language>/*.ftl` (Project Fluent)."""

import os
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def current_language() -> Language:
    """Return the language of this process: `HEDUI_LANGUAGE`, else Chinese."""
    return "en" if os.environ.get("HEDUI_LANGUAGE", "zh").lower().startswith("en") else "zh"


@cache
def _bundle(language: Language) -> Any:  # fluent ships no types
    from fluent.runtime import FluentBundle, FluentResource  # keeps `hedui --help` fast

    bundle = FluentBundle([language], use_isolating=False)
    folder = files("catalogue") / "messages" / language
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".ftl"):
            bundle.add_resource(FluentResource(entry.read_text("utf-8")))
    return bundle


def text(key: str, language: Language | None = None, /, **values: object) -> str:
    """Return message `key` with its placeholders filled; KeyError where the catalogue lacks it."""
    bundle = _bundle(language or current_language())
    message = bundle.get_message(key)
    if message is None or message.value is None:
        raise KeyError(key)
    words, errors = bundle.format_pattern(message.value, {k: _plain(v) for k, v in values.items()})
    if errors:
        raise KeyError(f"{key}: {errors[0]}")
    return str(words)


def keys(language: Language) -> set[str]:
    """Return every message key of one language, for the test that both are complete."""
    return set(_bundle(language)._messages)  # noqa: SLF001  fluent has no public listing


def _plain(value: object) -> object:
    # Fluent formats numbers by locale (1,000); figures in our messages are counts and stay as they are.
    return value if isinstance(value, str) else str(value)
