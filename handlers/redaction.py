"""Takes secrets out of what leaves: log lines, replies, messages, records. Each of these exits asks once.

Two ways. What an invocation knows to be a secret is removed from what others wrote, however they spelt it:
%41, \\u0041, \\x41, \\101, &#65;, one in another. What looks like a secret is removed by its shape: another
request's URL, a signature, a web token, a key. Both are looked for in the text with its spellings undone, and
masked in the text as it stands. Names that people chose for objects and images are no secrets, whatever they
look like.

Everything takes time in proportion to the text: no repetition in a pattern can be entered at many places and
run on from each, and pieces of known secrets are looked up, not searched for one by one.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from handlers.names import is_ocid

MASK = "***"

# A key of a document says where its text is no secret by its shape. What stands under any other is redacted.
# The names of a destination, which was refused if the token of its own URL was in it: untouched. To compare a
# record's destinations, they have to be what they were.
_UNTOUCHED = frozenset({"destination", "namespaceName", "bucketName", "objectName"})
# What people wrote about an image, and random characters that a service chose: known secrets are removed.
_WITHOUT_SHAPES = frozenset(
    {
        *("imageName", "displayName", "freeformTags", "definedTags", "launchOptions"),
        *("md5", "preauthenticatedRequestId", "opc-next-page"),
    }
)

# Pieces of a known secret, in characters. Shorter ones occur in other words by accident.
_PIECE = 24
# What is kept of a secret: all its parts of this length. In a piece, so many of them begin side by side that
# looking at one place in every _STEP finds it.
_PART = 12
_STEP = _PIECE - _PART + 1
# Longer ones are no tokens.
_LONGEST_KNOWN = 4096

# Spellings one in another.
_MOST_LAYERS = 5
_HEX = "[0-9A-Fa-f]"
_NAMES = "amp apos bsol colon dollar equals gt lowbar lt num percnt period plus quot semi sol"
_ENTITIES = dict(zip(_NAMES.split(), "&'\\:$=>_<#%.+\";/", strict=True))
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
# A character as URLs, JSON, programs or HTML spell it. JSON in JSON doubles the backslashes.
_SPELLING = re.compile(
    rf"""
    %(?: u({_HEX}{{4}}) | ({_HEX}{{2}}) )
    | \\(?<!\\\\)\\*+(?:
        u({_HEX}{{4}}) | u\{{0*({_HEX}{{1,5}})\}} | U000({_HEX}{{5}}) | x({_HEX}{{2}})
        | 0?(?P<octal>[0-3][0-7]{{2}}|[4-7][0-7]) | (?P<control>[nrt]) | (?P<itself>[^A-Za-z0-9\\])
    )
    | &(?:
        \#[xX]0*({_HEX}{{1,5}});? | \#0*(?P<decimal>[0-9]{{1,6}});? | (?P<name>{"|".join(_ENTITIES)});
    )
    """,
    re.VERBOSE,
)

# Nearly every text has none of these, and is spared the shapes. (A fifth of the time of one expression that
# has the words in it, too.)
_HINT = re.compile(r"/[pn]/|ST\$|eyJ|MII|-----")
_SEGMENT = r"[^\s\"'<>\\/]+"
_PATH = rf"/n/{_SEGMENT}/b/"
# What is masked is the group.
_SHAPES = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        # Keys, also cut off at either end.
        r"(?s:(-----BEGIN[A-Z0-9 +]{1,40}KEY-----.*?(?:-----END[A-Z0-9 +]{1,40}KEY-----|\Z)))",
        r"(?<![A-Za-z0-9+/=\s])([A-Za-z0-9+/=\s]++-----END[A-Z0-9 +]{1,40}KEY-----)",
        # Request signatures and credentials, as headers have them or their parts alone. The word alone is no
        # secret: Compute's own message for 404 begins "Authorization failed".
        r"(?i)\bauthorization[\"']{0,8}\s{0,8}[:=][ \t]{0,8}([^\r\n]+)",
        r"(?i)\bauthorization\W{1,8}(?:signature|bearer|basic)\b[ \t]{0,8}([^\r\n]+)",
        r"(?i)\bsignature=\W{0,6}([a-z0-9+/=_-]+)",
        r"(?i)\bsignature[\"']{0,8}\s{0,8}:\W{0,8}([a-z0-9+/=_-]{16,})",
        r"\b(?i:bearer|basic)\s{1,8}(?=\S*?(?:\d|\S[A-Z]|=))([A-Za-z0-9+/=._~-]{12,})",
        # The SDK's key id for a session token, and any JSON web token.
        r"\b(ST\$[A-Za-z0-9_.=-]+)",
        r"(eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4})",
        # What keys and certificates in Base64 begin with.
        r"(MII[A-Za-z0-9+/]{40,}=*)",
        # The token of a pre-authenticated request: /p/{token}/n/{namespace}/…,
        rf"/p/({_SEGMENT})(?=/n/)",
        # or where a URL's path begins, whatever follows: the rest may have been cut off,
        rf"://{_SEGMENT}/p/({_SEGMENT})",
        # or standing alone: real tokens are long, and have no file's extension,
        r"/p/([A-Za-z0-9_~-]{20,}+)(?!\.[A-Za-z0-9])",
        # or what is left of all this, where the text before it was cut off.
        rf"(?<![A-EG-Za-eg-z])p/({_SEGMENT})(?={_PATH})",
        rf"(?<![A-Za-z0-9_.:%~/-])/?([A-Za-z0-9_~-]{{8,}}+)(?={_PATH})",
    )
)


class Redactor:
    """The secrets of one invocation."""

    def __init__(self) -> None:
        # The parts of each secret.
        self._known: list[frozenset[str]] = []

    def add(self, secret: str) -> None:
        """From now on, remove this text, and longer pieces of it. One of less than 24 characters is none."""
        if len(secret) >= _PIECE and (parts := _parts(secret[:_LONGEST_KNOWN])) not in self._known:
            self._known.append(parts)

    def text(self, text: str) -> str:
        """What others wrote, without secrets."""
        return self._redacted(text, by_shape=True)

    def name(self, text: str) -> str:
        """An image's name, or what else is no secret by its shape, without known secrets."""
        return self._redacted(text, by_shape=False)

    def document(self, document: Any) -> Any:
        """A JSON document of ours, without secrets in keys and values. What is no JSON becomes its text."""
        return self._document(document, self.text, _UNTOUCHED)

    def reply_body(self, body: bytes, document: Any) -> bytes:
        """A service's answer, which is passed on as it is spelt unless a secret is in it.

        ``document``: what its JSON says. Where a key stands twice, only one of the two is in there.
        """
        clean = self._document(document, self.text, frozenset())
        if clean == document and not self._secrets(body.decode("utf-8", "replace"), by_shape=True):
            return body
        return orjson.dumps(clean)

    def _document(self, document: Any, clean: Callable[[str], str], untouched: frozenset[str]) -> Any:
        # Loops, not comprehensions, which would be frames of their own: documents may be nested deeply.
        if isinstance(document, dict):
            cleaned = {}
            for key, value in document.items():
                if key not in untouched:
                    inner = self.name if key in _WITHOUT_SHAPES else clean
                    value = self._document(value, inner, untouched)  # noqa: PLW2901  # what is kept of it
                # Letters alone are a field's name, whatever token a caller chose.
                is_field = isinstance(key, str) and key.isascii() and key.isalpha()
                cleaned[key if is_field else clean(str(key))] = value
            return cleaned
        if isinstance(document, list | tuple):
            items = []
            for item in document:
                items.append(self._document(item, clean, untouched))  # noqa: PERF401  # as above
            return items
        return document if document is None or isinstance(document, int | float) else clean(str(document))

    def _redacted(self, text: str, *, by_shape: bool) -> str:
        secrets = self._secrets(text, by_shape=by_shape)
        # A caller may choose a token that reads like an OCID's end.
        return _masked(text, secrets) if secrets and not is_ocid(text) else text

    def _secrets(self, text: str, *, by_shape: bool) -> list[tuple[int, int]]:
        """Where secrets begin and end in the text."""
        secrets: list[tuple[int, int]] = []
        layers: list[_Layer] = []
        while True:
            found: list[tuple[int, int]] = []
            if len(text) >= _PIECE:
                for parts in self._known:
                    found += _pieces_in(text, parts)
            is_spelt = "%" in text or "\\" in text or "&" in text
            layer = _undone(text) if is_spelt and len(layers) < _MOST_LAYERS else None
            # A shape is looked for where all is undone.
            if layer is None and by_shape and _may_have_a_shape(text):
                for shape in _SHAPES:
                    found += [match.span(1) for match in shape.finditer(text)]
            if found:
                secrets += [(_place(start, layers), _place(end, layers)) for start, end in found]
            if layer is None:
                return secrets
            text = layer.text
            layers.append(layer)


def _may_have_a_shape(text: str) -> bool:
    if _HINT.search(text):
        return True
    text = text.lower()
    return "authorization" in text or "signature" in text or "bearer" in text or "basic" in text


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    parts, end = [], -1
    for start, stop in sorted(spans):
        if start > end:
            parts += [text[max(end, 0) : start], MASK]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=4)
def _parts(secret: str) -> frozenset[str]:
    """Kept for a container's own token, which is known in each invocation."""
    return frozenset([secret[at : at + _PART] for at in range(len(secret) - _PART + 1)])


def _pieces_in(text: str, parts: frozenset[str]) -> list[tuple[int, int]]:
    """Where pieces of that secret stand, each as long as it goes on: where part begins beside part."""
    pieces: list[tuple[int, int]] = []
    if parts.isdisjoint([text[at : at + _PART] for at in range(0, len(text), _STEP)]):
        return pieces
    at = 0
    while at < len(text):
        first = end = at
        while text[end : end + _PART] in parts:
            end += 1
        if end > at:
            while first and text[first - 1 : first - 1 + _PART] in parts:
                first -= 1
            if end - first >= _STEP:
                pieces.append((first, end - 1 + _PART))
        at = end // _STEP * _STEP + _STEP
    return pieces


class _Layer(NamedTuple):
    """A text with one layer of its spellings undone.

    ``undone``: where the characters stand that were spelt otherwise. ``shifts``: how much further on in the
    text before a character stands, by how many of these are before it.
    """

    text: str
    undone: list[int]
    shifts: list[int]


def _undone(text: str) -> _Layer | None:
    parts, undone, shifts, end = list[str](), list[int](), [0], 0
    for spelt in _SPELLING.finditer(text):
        start = spelt.start()
        undone.append(start - shifts[-1])
        parts += [text[end:start], _character(spelt)]
        end = spelt.end()
        shifts.append(shifts[-1] + end - start - 1)
    return _Layer("".join([*parts, text[end:]]), undone, shifts) if parts else None


def _place(at: int, layers: list[_Layer]) -> int:
    """Where a character of the last layer's text stands in the first text."""
    for layer in reversed(layers):
        at += layer.shifts[bisect_left(layer.undone, at)]
    return at


def _character(spelt: re.Match[str]) -> str:
    kind, value = spelt.lastgroup, spelt[spelt.lastindex or 0]
    match kind:
        case None:
            return chr(int(value, 16))
        case "octal" | "decimal":
            return chr(int(value, 8 if kind == "octal" else 10))
        case "control":
            return _CONTROLS[value]
        case "name":
            return _ENTITIES[value]
        case _:
            return value


# Nothing is to be done where a JSON text has none of these, as most have.
_ODD = re.compile(r"[^\n -%'-;=?-~]")
# Not seen, though Python calls them printable: joiners, selectors, letters without a sign. (Unicode,
# Default_Ignorable_Code_Point; and the Braille pattern without a dot)
_UNSEEN = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800),
            *(0x3164, *range(0xFE00, 0xFE10), 0xFFA0, *range(0xE0100, 0xE01F0)),
        ),
    )
)


def escape_for_display(json_text: str) -> str:
    """The same JSON, which does nothing but show its text in a terminal, a log viewer, a chat or mail client.

    ``<``, ``>``, ``&``, and every character that does not print, or turns or hides what stands beside it, are
    \\u escapes.
    """
    return _ODD.sub(_escaped, json_text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character not in "<>&" and character not in _UNSEEN and character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))
