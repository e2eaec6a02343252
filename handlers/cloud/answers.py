"""What an answer says: a document, or a refusal. Services may answer what their reference doesn't say."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson

from handlers.clock import seconds_to_wait
from handlers.cloud.transport import Response
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.services import Answer

# Levels of a document. What is kept of one stands deeper in a record, which is read back as well.
_DEEPEST, _DEEPEST_OF_OURS = 100, 110
_LONGEST_CODE, _LONGEST_MESSAGE, _LONGEST_RETRY_AFTER = 128, 4096, 64


def answer(response: Response, kind: type[dict[str, Any]] | type[list[Any]], service: str) -> Answer:
    """A success whose document has to be an object or a list. Raises NoAnswer for any other."""
    found = any_answer(response, service, _DEEPEST)
    if not isinstance(found.document, kind):
        raise NoAnswer(f"{service} answered with something other than {_NAMES[kind]}.")
    return found


_NAMES: dict[type, str] = {dict: "an object", list: "a list"}


def any_answer(response: Response, service: str, deepest: int = _DEEPEST_OF_OURS) -> Answer:
    """A success with whatever body: its document is None where that is no JSON, or nested too deeply.

    Raises NoAnswer where the body broke off.
    """
    if response.body is None:
        raise NoAnswer(f"{service} gave no complete answer in time.")
    return Answer(_document(response.body, deepest), response.body, response.headers, _pause(response))


def refusal(response: Response, service: str) -> ServiceRefusal:
    """What an error answer says, whatever it looks like. Raises NoAnswer where the body broke off."""
    if response.body is None:
        raise NoAnswer(f"{service} gave no complete answer in time.")
    code, message = _code_and_message(response.body)
    pause = response.headers.get("retry-after", "")
    return ServiceRefusal(
        response.status,
        code,
        message,
        service=service,
        request_id=response.headers.get("opc-request-id"),
        retry_after=_pause(response),
        headers={"retry-after": pause} if 0 < len(pause) <= _LONGEST_RETRY_AFTER else None,
    )


def _document(body: bytes, deepest: int) -> Any:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return None if _is_deep(body, document, deepest) else document


def _is_deep(body: bytes, document: Any, deepest: int) -> bool:
    """Whether other code may fail to walk through it."""
    if body.count(b"[") + body.count(b"{") <= deepest:
        return False
    level = [document]
    for _ in range(deepest):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _code_and_message(body: bytes) -> tuple[str | None, str | None]:
    # Not orjson: it takes half an emoji for no JSON at all, and the code would be lost with it.
    try:
        document = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None, None  # a proxy's page
    if not isinstance(document, dict):
        return None, None
    code, message = document.get("code"), document.get("message")
    return (
        code if isinstance(code, str) and _is_code(code) else None,
        message[:_LONGEST_MESSAGE].encode("utf-8", "replace").decode() if isinstance(message, str) else None,
    )


def _is_code(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_CODE and text.isascii() and text.isprintable()


def _pause(response: Response) -> float | None:
    return seconds_to_wait(response.headers.get("retry-after"), datetime.now(UTC))
