"""The errors of pydantic in our words: where, and what was expected. Never what was written: it may be secret."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from connectors.checks import Finding

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true-or-false",
    "bool_parsing": "true-or-false",
    "int_type": "whole-number",
    "int_parsing": "whole-number",
    "int_from_float": "whole-number",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "model_type": "table",
    "model_attributes_type": "table",
    "dict_type": "table",
    "tuple_type": "list",
    "string_too_short": "not-empty",
    "too_short": "not-empty",
}
_RANGES = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}
_PATTERNS = {  # what a text at this key must look like
    "password": "secret-in-manifest",
    "client_secret": "secret-in-manifest",
    "secret": "secret-in-manifest",
    "delimiter": "delimiter",
    "date_at": "place",
    "count_at": "place",
    "sum_at": "place",
}


def explain(error: ErrorDetails, raw: Mapping[str, Any], model: type[BaseModel]) -> Finding | None:
    """Turn one error into place, code of the message and what fills it; None for an echo of other errors."""
    place = tuple(_steps(error["loc"], raw))
    kind = error["type"]
    context = error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            found = place, "unknown-key", {"known": ", ".join(_known(model, error["loc"][:-1]))}
        case "missing":
            found = place, "missing-key", {}
        case "union_tag_not_found":
            found = (*place, "kind"), "missing-key", {}
        case "union_tag_invalid":
            found = (*place, "kind"), "not-one-of", {"allowed": _plain(context["expected_tags"])}
        case "literal_error":
            found = place, "not-one-of", {"allowed": _plain(context["expected"])}
        case "string_pattern_mismatch":
            found = place, _PATTERNS.get(str(place[-1]), "pointer"), {}
        case "too_short" if _at(raw, place):
            return None  # the list has entries: they are wrong, and named anyway
        case _ if kind in _RANGES:
            found = place, "out-of-range", {"range": f"{_RANGES[kind]} {next(iter(context.values()))}"}
        case _ if kind in _EXPECTED:
            found = place, f"expected-{_EXPECTED[kind]}", {}
        case _:
            found = place, kind, {}  # our own codes, raised in the grammar
    return found


def _plain(listed: str) -> str:
    return str(listed).replace("'", "").replace(" or ", ", ")


def _at(raw: object, place: tuple[str | int, ...]) -> object:
    here: Any = raw
    for step in place:
        here = here[step]
    return here


def _steps(loc: tuple[str | int, ...], raw: object) -> Iterator[str | int]:
    """Drop the tags of unions that pydantic puts between the steps of a place."""
    here: Any = raw
    for position, step in enumerate(loc):
        if isinstance(here, dict) and (position == len(loc) - 1 or (step in here and here.get("kind") != step)):
            yield step
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int):
            yield step
            here = here[step]
        # anything else is a tag, not a key of the file


def _known(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """List the keys that the table at a place may have."""
    here: list[type[BaseModel]] = [model]
    for step in loc:
        if not isinstance(step, str):
            continue
        inner = [
            m for model_ in here if step in model_.model_fields for m in _models(model_.model_fields[step].annotation)
        ]
        tagged = [m for m in here if "kind" in m.model_fields and step in get_args(m.model_fields["kind"].annotation)]
        here = inner or tagged or here
    return [name for name in here[0].model_fields if name != "id"]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _models(inner)]
