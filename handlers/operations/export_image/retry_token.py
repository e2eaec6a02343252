"""Retry tokens: the same request has the same token, however often it is tried or delivered.

A token is 1 to 64 characters and lives for 24 hours at Compute (API reference, opc-retry-token); a SHA-256
in hex fits exactly.
"""

import hashlib


def for_event(event_id: str, image_id: str, destination: str, export_format: str) -> str:
    """The token of an event's export: the same event delivered again is the same request."""
    return _digest("event", event_id, image_id, destination, export_format)


def for_call(call_id: str) -> str:
    """The token of a request that brought none."""
    return _digest("call", call_id)


def for_fallback(token: str, image_id: str, destination: str, export_format: str) -> str:
    """The token of the same export through a pre-authenticated request.

    Made of image, destination and format, too: a caller's token that comes again with others is another
    export, and Compute, which never accepted the first under it, can't say so.
    """
    return _digest("pre-authenticated request", token, image_id, destination, export_format)


def for_record(token: str) -> str:
    """What a record has in place of a token that reads like a secret."""
    return _digest("record", token)


def short(token: str) -> str:
    """A few characters to know a token by, that are no part of it."""
    return _digest("name", token)[:16]


def _digest(*parts: str) -> str:
    # Each part with its length, so that no two lists of parts look alike.
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()
