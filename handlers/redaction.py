"""Takes secrets out of everything that leaves: log lines, replies, messages, titles.

Two nets. What is known to be secret in this invocation (the token of a pre-authenticated request) is
removed wherever it stands; what looks like a secret is removed by its shape, known or not. Every repetition
in the shapes is bounded or can't be entered twice, so that no text takes long.
"""

import re
from typing import Any

MASK = "***"

# A slash as URLs, JSON and HTML spell it, also several times encoded.
_SLASH = r"(?:\\{0,4}/|%(?:25){0,4}2[fF]|\\{1,4}u002[fF]|&#(?:x2[fF]|47);)"
_SEGMENT = rf"(?:(?!{_SLASH})[^\s\"'<>\\])+"
_PATH = rf"{_SLASH}n{_SLASH}{_SEGMENT}{_SLASH}b{_SLASH}"
# In this order: what is random text itself may have the shape of a later one in it.
_SHAPES = (
    # Keys, also cut off at either end.
    (
        re.compile(
            r"-----BEGIN[A-Z0-9 %+]{1,40}KEY-----.*?(?:-----END[A-Z0-9 %+]{1,40}KEY-----|\Z)", re.DOTALL
        ),
        MASK,
    ),
    (
        re.compile(r"(?<![A-Za-z0-9+/=\s\\%])[A-Za-z0-9+/=\s\\%]++-----END[A-Z0-9 %+]{1,40}KEY-----"),
        MASK,
    ),
    # Request signatures and credentials, as headers have them or their parts alone. The word alone is no
    # secret: Compute's own message for 404 begins "Authorization failed".
    (
        re.compile(r"(?i)(\bauthorization[\"'\\]{0,8}\s{0,8}(?:[:=]|%(?:25){0,4}3[ad]))[^\r\n]+"),
        rf"\1 {MASK}",
    ),
    (re.compile(r"(?i)(\bauthorization\W{1,8}(?:signature|bearer|basic)\b)[^\r\n]+"), rf"\1 {MASK}"),
    (
        re.compile(
            r"(?i)(\bsignature(?:=|%(?:25){0,4}3d)(?:\W|%(?:25){0,4}22){0,6})(?:[a-z0-9+/=_%-]|\\{1,4}/)+"
        ),
        rf"\1{MASK}",
    ),
    (
        re.compile(r"(?i)(\bsignature[\"'\\]{0,8}\s{0,8}:(?:\W){0,8})(?:[a-z0-9+/=_%-]|\\{1,4}/){16,}"),
        rf"\1{MASK}",
    ),
    (
        re.compile(r"(?i:\b(bearer|basic))\s{1,8}(?=\S*?(?:\d|\S[A-Z]|=))[A-Za-z0-9+/=._~-]{12,}"),
        rf"\1 {MASK}",
    ),
    # The SDK's key id for a session token, and any JSON web token.
    (re.compile(r"\bST(?:\$|%(?:25){0,4}24)[A-Za-z0-9_.=%-]+"), MASK),
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}"), MASK),
    # What keys and certificates in Base64 begin with.
    (re.compile(r"MII[A-Za-z0-9+/]{40,}=*"), MASK),
    # The token of a pre-authenticated request: /p/{token}/n/{namespace}/…,
    (re.compile(rf"({_SLASH}p{_SLASH}){_SEGMENT}(?={_SLASH}n{_SLASH})"), rf"\1{MASK}"),
    # or where a URL's path begins, whatever follows: the rest may have been cut off,
    (re.compile(rf"(:{_SLASH}{{2}}{_SEGMENT}{_SLASH}p{_SLASH}){_SEGMENT}"), rf"\1{MASK}"),
    # or standing alone: real tokens are long, and have no file's extension,
    (re.compile(rf"({_SLASH}p{_SLASH})[A-Za-z0-9_~-]{{20,}}+(?!\.[A-Za-z0-9])"), rf"\1{MASK}"),
    # or what is left of all this, where the text before it was cut off.
    (re.compile(rf"((?<![A-EG-Za-eg-z])p{_SLASH}){_SEGMENT}(?={_PATH})"), rf"\1{MASK}"),
    (re.compile(rf"(?<![A-Za-z0-9_.:%~/-])({_SLASH}?)[A-Za-z0-9_~-]{{8,}}+(?={_PATH})"), rf"\1{MASK}"),
)
# Nearly every text has none of these, and is spared the rest.
_HINT = re.compile(r"[pn](?:/|\\|%2|&#)|ST[$%]|eyJ|(?i:authorization|signature|bearer|basic)|-----|MII")
# The place of an object: here a segment that is named p, or n, is nothing special.
_PLACES = frozenset({"namespaceName", "bucketName", "objectName", "destination"})
_WHOLE_URL = re.compile(rf"({_SLASH}p{_SLASH}){_SEGMENT}(?={_PATH}{_SEGMENT}{_SLASH}o{_SLASH})")

# Shorter texts occur by accident: removing them everywhere would garble the rest.
_SHORTEST_LEARNED = 8
_SHORTEST_PIECE = 16
_OF_TOKENS = "[A-Za-z0-9_~-]"
_learned: set[str] = set()


def learn(secret: str) -> None:
    """From now on, until ``forget``, remove this very text wherever it stands, and longer pieces of it."""
    if len(secret) >= _SHORTEST_LEARNED:
        _learned.add(secret)


def forget() -> None:
    """Begin a new invocation: its secrets are others."""
    _learned.clear()


def redact(text: str) -> str:
    """The text without secrets."""
    text = _without_learned(text)
    if _HINT.search(text):
        for shape, mask in _SHAPES:
            text = shape.sub(mask, text)
    return text


def clean(document: Any, key: str = "") -> Any:
    """A JSON document without secrets, in keys and values. ``key``: what a text stands under."""
    match document:
        case str() if key in _PLACES:
            return _WHOLE_URL.sub(rf"\1{MASK}", _without_learned(document))
        case str():
            return redact(document)
        case dict():
            return {redact(str(name)): clean(value, str(name)) for name, value in document.items()}
        case list() | tuple():
            return [clean(value, key) for value in document]
        case _:
            return document


def _without_learned(text: str) -> str:
    for secret in _learned:
        text = text.replace(secret, MASK)
        pieces = (secret[start:][:_SHORTEST_PIECE] for start in range(len(secret) - _SHORTEST_PIECE + 1))
        for piece in pieces:
            if piece in text:
                # What is left and right of it, too: the rest of the secret, as far as it was not cut off.
                text = re.sub(rf"(?<!{_OF_TOKENS}){_OF_TOKENS}*{re.escape(piece)}{_OF_TOKENS}*", MASK, text)
    return text
