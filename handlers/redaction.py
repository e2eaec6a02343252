"""Takes secrets out of everything that leaves: log lines, replies, messages, titles, records.

Two ways. What looks like a secret is removed by its shape wherever it stands (``redact``). What one
invocation knows to be a secret, the token of a pre-authenticated request, is removed from what others wrote:
services, callers, events (``Redactor``). What the function itself writes is never changed by such a token,
nor is an OCID, for a caller may choose a token that reads like either. Every repetition in the shapes is
bounded or can't be entered twice, so that no text takes long.
"""

import re
from functools import cache
from typing import Any

MASK = "***"

# A slash as URLs, JSON and HTML spell it, also several times encoded.
_SLASH = r"(?:\\{0,4}/|%(?:25){0,4}2[fF]|\\{1,4}u002[fF]|&#(?:x2[fF]|47);)"
_SEGMENT = rf"(?:(?!{_SLASH})[^\s\"'<>\\])+"
_PATH = rf"{_SLASH}n{_SLASH}{_SEGMENT}{_SLASH}b{_SLASH}"
# In this order: what is random text itself may have the shape of a later one in it.
_SHAPES = (
    # Keys, also cut off at either end.
    (r"(?s:-----BEGIN[A-Z0-9 %+]{1,40}KEY-----.*?(?:-----END[A-Z0-9 %+]{1,40}KEY-----|\Z))", MASK),
    (r"(?<![A-Za-z0-9+/=\s\\%])[A-Za-z0-9+/=\s\\%]++-----END[A-Z0-9 %+]{1,40}KEY-----", MASK),
    # Request signatures and credentials, as headers have them or their parts alone. The word alone is no
    # secret: Compute's own message for 404 begins "Authorization failed".
    (r"(?i)(\bauthorization[\"'\\]{0,8}\s{0,8}(?:[:=]|%(?:25){0,4}3[ad]))[^\r\n]+", rf"\1 {MASK}"),
    (r"(?i)(\bauthorization\W{1,8}(?:signature|bearer|basic)\b)[^\r\n]+", rf"\1 {MASK}"),
    (
        r"(?i)(\bsignature(?:=|%(?:25){0,4}3d)(?:\W|%(?:25){0,4}22){0,6})(?:[a-z0-9+/=_%-]|\\{1,4}/)+",
        rf"\1{MASK}",
    ),
    (r"(?i)(\bsignature[\"'\\]{0,8}\s{0,8}:(?:\W){0,8})(?:[a-z0-9+/=_%-]|\\{1,4}/){16,}", rf"\1{MASK}"),
    (r"(?i:\b(bearer|basic))\s{1,8}(?=\S*?(?:\d|\S[A-Z]|=))[A-Za-z0-9+/=._~-]{12,}", rf"\1 {MASK}"),
    # The SDK's key id for a session token, and any JSON web token.
    (r"\bST(?:\$|%(?:25){0,4}24)[A-Za-z0-9_.=%-]+", MASK),
    (r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}", MASK),
    # What keys and certificates in Base64 begin with.
    (r"MII[A-Za-z0-9+/]{40,}=*", MASK),
    # The token of a pre-authenticated request: /p/{token}/n/{namespace}/…,
    (rf"({_SLASH}p{_SLASH}){_SEGMENT}(?={_SLASH}n{_SLASH})", rf"\1{MASK}"),
    # or where a URL's path begins, whatever follows: the rest may have been cut off,
    (rf"(:{_SLASH}{{2}}{_SEGMENT}{_SLASH}p{_SLASH}){_SEGMENT}", rf"\1{MASK}"),
    # or standing alone: real tokens are long, and have no file's extension,
    (rf"({_SLASH}p{_SLASH})[A-Za-z0-9_~-]{{20,}}+(?!\.[A-Za-z0-9])", rf"\1{MASK}"),
    # or what is left of all this, where the text before it was cut off.
    (rf"((?<![A-EG-Za-eg-z])p{_SLASH}){_SEGMENT}(?={_PATH})", rf"\1{MASK}"),
    (rf"(?<![A-Za-z0-9_.:%~/-])({_SLASH}?)[A-Za-z0-9_~-]{{8,}}+(?={_PATH})", rf"\1{MASK}"),
)
# Nearly every text has none of these, and is spared the rest. A p or n that ends a word is no path segment.
_HINT = re.compile(
    r"(?<![A-EG-Za-eg-z])[pn](?:/|\\|%2|&#)|ST[$%]|eyJ|(?i:authorization|signature|bearer|basic)|-----|MII"
)
# Where a shape says nothing: in the place of an object, a segment that is named p, or n, is nothing special;
# in random characters that a service chose, the beginning of a key or a token may stand by chance.
_OPAQUE = frozenset(
    {
        *("namespaceName", "bucketName", "objectName", "destination"),
        *("md5", "preauthenticatedRequestId", "opc-next-page"),
    }
)
_WHOLE_URL = rf"({_SLASH}p{_SLASH}){_SEGMENT}(?={_PATH}{_SEGMENT}{_SLASH}o{_SLASH})"

# Shorter texts occur by accident: removing them everywhere would garble the rest.
_SHORTEST_HIDDEN = 8
# Longer ones are no tokens of Object Storage, and would be looked for piece by piece in every text.
_LONGEST_HIDDEN = 1024
_SHORTEST_PIECE = 16
_OF_TOKENS = "[A-Za-z0-9_~-]"
_LONGEST_NAME = 40
_OCID = re.compile(
    r"(\bocid1\.[a-z0-9]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)?\.[A-Za-z0-9_-]+)"
)


def redact(text: str) -> str:
    """The text without what looks like a secret."""
    if _HINT.search(text):
        for shape, mask in _shapes():
            text = shape.sub(mask, text)
    return text


def redact_document(document: Any, key: str = "") -> Any:
    """A JSON document without what looks like a secret, in keys and values."""
    return Redactor().document(document, key)


class Redactor:
    """The secrets of one invocation."""

    def __init__(self) -> None:
        self._hidden: list[str] = []

    def hide(self, secret: str) -> None:
        """From now on, remove this very text, and longer pieces of it, from what others wrote."""
        secret = secret[:_LONGEST_HIDDEN]
        if len(secret) >= _SHORTEST_HIDDEN and secret not in self._hidden:
            self._hidden.append(secret)

    def text(self, text: str) -> str:
        """What others wrote, without secrets."""
        return redact(self._without_hidden(text))

    def name(self, text: str) -> str:
        """The same for the name of a field or an error: of letters, it is no secret, even where a token reads
        like it.
        """
        return text if len(text) <= _LONGEST_NAME and text.isalpha() else self.text(text)

    def opaque(self, text: str) -> str:
        """The same for what looks like a secret by chance: places in Object Storage, random characters."""
        text = self._without_hidden(text)
        return re.sub(_WHOLE_URL, rf"\1{MASK}", text) if _HINT.search(text) else text

    def document(self, document: Any, key: str = "") -> Any:
        """A JSON document that others wrote, without secrets. ``key``: what a text stands under."""
        match document:
            case str():
                return self.opaque(document) if key in _OPAQUE else self.text(document)
            case dict():
                return {
                    self.name(str(name)): self.document(value, str(name)) for name, value in document.items()
                }
            case list() | tuple():
                return [self.document(value, key) for value in document]
            case _:
                return document

    def _without_hidden(self, text: str) -> str:
        if not self._hidden:
            return text
        # Every other part is an OCID.
        parts = _OCID.split(text)
        parts[::2] = [self._mask(part) for part in parts[::2]]
        return "".join(parts)

    def _mask(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, MASK)
            pieces = (secret[start:][:_SHORTEST_PIECE] for start in range(len(secret) - _SHORTEST_PIECE + 1))
            for piece in pieces:
                if piece in text:
                    # What is left and right of it, too: the rest of the secret, as far as it was not cut off.
                    around = rf"(?<!{_OF_TOKENS}){_OF_TOKENS}*{re.escape(piece)}{_OF_TOKENS}*"
                    text = re.sub(around, MASK, text)
        return text


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compiled at first need: most containers never see such a text, and it takes 9 ms."""
    return tuple((re.compile(shape), mask) for shape, mask in _SHAPES)
