"""Reads a body strictly: a JSON object in UTF-8, small, each key once."""

import json
from typing import Any

import orjson

from handlers.errors import CannotParse, TooLarge

LARGEST = 64 * 1024


def parse(body: bytes) -> dict[str, Any]:
    """The object. Raises TooLarge over 64 KiB, CannotParse for anything that is not an object in JSON."""
    if len(body) > LARGEST:
        raise TooLarge(f"The body must not be longer than {LARGEST} bytes.")
    try:
        # The strict one: no NaN, no lone surrogates, no other encodings, no bottomless nesting.
        document = orjson.loads(body)
        # It takes the last of repeated keys, though; a reader before us may have taken the first.
        json.loads(body, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise CannotParse(_REASONS.get(type(error), "The body is not JSON in UTF-8.")) from None
    if not isinstance(document, dict):
        raise CannotParse("The body is not a JSON object.")
    return document


class _RepeatedKeyError(ValueError):
    """A key stands twice in one object."""


_REASONS: dict[type[Exception], str] = {
    _RepeatedKeyError: "A key stands more than once in the body.",
    RecursionError: "The body is nested too deeply.",
}


def _each_key_once(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) != len({key for key, _ in pairs}):
        raise _RepeatedKeyError
