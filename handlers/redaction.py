"""Takes secrets out of everything that leaves: log lines, replies, messages, titles.

Two nets. What is known to be secret in this invocation (the token of a pre-authenticated request) is
removed wherever it stands; what looks like a secret is removed by its shape, known or not.
"""

import re
from typing import Any

MASK = "***"
_SLASH = r"(?:/|\\/|%2[fF])"
_SHAPES = (
    # The token of a pre-authenticated request: /p/{token}/n/{namespace}/…, in any spelling of the slashes,
    (re.compile(rf"({_SLASH}p{_SLASH})[^\s\"'<>/\\%]+(?={_SLASH}n{_SLASH})"), rf"\1{MASK}"),
    # or where a URL's path begins, whatever follows: the rest may have been cut off,
    (re.compile(rf"(:{_SLASH}{{2}}[^\s\"'<>/\\%]+{_SLASH}p{_SLASH})[^\s\"'<>/\\%]+"), rf"\1{MASK}"),
    # or standing alone: real tokens are long and have no dot, while most file names have one.
    (re.compile(rf"({_SLASH}p{_SLASH})[A-Za-z0-9_-]{{20,}}"), rf"\1{MASK}"),
    # The SDK's key id for a session token, and any JSON web token.
    (re.compile(r"ST\$[A-Za-z0-9_.=-]+"), MASK),
    (re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), MASK),
    # Request signatures and credentials, as headers have them or their parts alone.
    (re.compile(r"(?i)(\bauthorization\W{1,8})[^\r\n]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(\bsignature=\W{0,3})[A-Za-z0-9+/=_-]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{12,}"), rf"\1 {MASK}"),
    # Keys, also cut off.
    (re.compile(r"-----BEGIN [A-Z ]*KEY-----.*?(?:-----END [A-Z ]*KEY-----|\Z)", re.DOTALL), MASK),
)
# Nearly every text has none of these, and is spared the rest.
_HINT = re.compile(r"(?i)/p|%2fp|ST\$|eyJ|authorization|signature|bearer|basic|-----BEGIN")
# Shorter texts occur by accident: removing them everywhere would garble the rest.
_SHORTEST_LEARNED = 8

_learned: set[str] = set()


def learn(secret: str) -> None:
    """From now on, until ``forget``, remove this very text wherever it stands."""
    if len(secret) >= _SHORTEST_LEARNED:
        _learned.add(secret)


def forget() -> None:
    """Begin a new invocation: its secrets are others."""
    _learned.clear()


def redact(text: str) -> str:
    """The text without secrets."""
    for secret in _learned:
        text = text.replace(secret, MASK)
    if _HINT.search(text):
        for shape, mask in _SHAPES:
            text = shape.sub(mask, text)
    return text


def clean(document: Any) -> Any:
    """A JSON document without secrets, in keys and values."""
    match document:
        case str():
            return redact(document)
        case dict():
            return {redact(str(key)): clean(value) for key, value in document.items()}
        case list() | tuple():
            return [clean(value) for value in document]
        case _:
            return document
