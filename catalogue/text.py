"""User-facing words, looked up in the message catalogues `messages/<language>/*.ftl` (Project Fluent)."""

import os
import re
from functools import cache
from importlib.resources import files
from textwrap import dedent
from typing import Any, Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_MESSAGE: Final = re.compile(r"^([a-z][\w-]*) *=[^\n]*(?:\n(?![a-z#])[^\n]*)*", re.MULTILINE)


def language_asked_for() -> str:
    """Return what `HEDUI_LANGUAGE` asks for, also as `en_US.UTF-8`: one of `LANGUAGES`, or a word that is none."""
    return re.split("[_.-]", os.environ.get("HEDUI_LANGUAGE", "").lower())[0] or LANGUAGES[0]


def current_language() -> Language:
    """Return the language of this process: the one asked for, else Chinese."""
    return next((known for known in LANGUAGES if known == language_asked_for()), LANGUAGES[0])


def text(key: str, language: Language | None = None, /, **values: object) -> str:
    """Return message `key` with its placeholders filled; KeyError where the catalogue lacks it."""
    spoken = language or current_language()
    source = _messages(spoken)[key]
    if "{" not in source:
        return _plainly(source)
    bundle = _bundle(spoken)
    if not bundle.has_message(key):
        from fluent.runtime import FluentResource

        bundle.add_resource(FluentResource(source))
    words, errors = bundle.format_pattern(bundle.get_message(key).value, {k: _plain(v) for k, v in values.items()})
    if errors:
        raise KeyError(f"{key}: {errors[0]}")
    return str(words)


def keys(language: Language) -> set[str]:
    """Return every message key of one language, for the test that both are complete."""
    return set(_messages(language))


@cache
def _messages(language: Language) -> dict[str, str]:
    # The source of each message: to parse all of them takes longer than most commands.
    folder = files("catalogue") / "messages" / language
    catalogues = (entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".ftl"))
    return {found[1]: found[0] for words in catalogues for found in _MESSAGE.finditer(words)}


def _plainly(source: str) -> str:
    # What Fluent makes of a message without placeholders; help is nothing else, and is there before Fluent is loaded.
    first, _, more = source.partition("=")[2].partition("\n")
    return "\n".join(part for part in (first.strip(), dedent(more)) if part).rstrip()


@cache
def _bundle(language: Language) -> Any:  # fluent ships no types
    from fluent.runtime import FluentBundle

    return FluentBundle([language], use_isolating=False)


def _plain(value: object) -> object:
    # Fluent formats numbers by locale (1,000); figures in our messages are counts and stay as they are.
    return value if isinstance(value, str) else str(value)
