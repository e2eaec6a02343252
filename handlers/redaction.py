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
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import orjson

from handlers.names import is_ocid

MASK = "***"

# A key of a document says where its text is no secret by its shape. What stands under any other is redacted.
# A destination, which was refused if the token of its own URL was in it: untouched. To compare a record's
# destinations, they have to be what they were.
_UNTOUCHED = frozenset({"destination"})
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
_NAMED = {**_ENTITIES, "n": "\n", "r": "\r", "t": "\t"}
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

    def text(self, text: str, *, by_shape: bool = True) -> str:
        """What others wrote, without secrets; without known ones alone, where it is none by its shape."""
        secrets = self._secrets(text, by_shape=by_shape)
        # A caller may choose a token that reads like an OCID's end.
        return _masked(text, secrets) if secrets and not is_ocid(text) else text

    def document(self, document: Any) -> Any:
        """A JSON document of ours, without secrets in keys and values. What is no JSON becomes its text."""
        return self._document(document, _UNTOUCHED)

    def reply_body(self, body: bytes, document: Any) -> bytes:
        """A service's answer, which is passed on as it is spelt unless a secret is in it.

        ``document``: what its JSON says. Where a key stands twice, only one of the two is in there.
        """
        clean = self._document(document, frozenset())
        if clean == document and not self._secrets(body.decode("utf-8", "replace"), by_shape=True):
            return body
        return orjson.dumps(clean)

    def _document(self, document: Any, untouched: frozenset[str], *, by_shape: bool = True) -> Any:
        # Loops, not comprehensions, which would be frames of their own: documents may be nested deeply.
        if isinstance(document, dict):
            cleaned = {}
            for key, value in document.items():
                if key not in untouched:
                    inner = by_shape and key not in _WITHOUT_SHAPES
                    value = self._document(value, untouched, by_shape=inner)  # noqa: PLW2901  # what is kept
                # Letters alone are a field's name, whatever token a caller chose.
                is_field = isinstance(key, str) and key.isascii() and key.isalpha()
                cleaned[key if is_field else self.text(str(key), by_shape=by_shape)] = value
            return cleaned
        if isinstance(document, list | tuple):
            items = []
            for item in document:
                items.append(self._document(item, untouched, by_shape=by_shape))  # noqa: PERF401  # as above
            return items
        is_text = document is not None and not isinstance(document, int | float)
        return self.text(str(document), by_shape=by_shape) if is_text else document

    def _secrets(self, text: str, *, by_shape: bool) -> list[tuple[int, int]]:
        """Where secrets begin and end in the text."""
        secrets: list[tuple[int, int]] = []
        for undone, places in _readings(text):
            if len(undone) >= _PIECE:
                for parts in self._known:
                    secrets += [(places[start], places[end]) for start, end in _pieces_in(undone, parts)]
        # A shape is looked for where all is undone.
        if by_shape and _may_have_a_shape(undone):
            for shape in _SHAPES:
                secrets += [
                    (places[match.start(1)], places[match.end(1)]) for match in shape.finditer(undone)
                ]
        return secrets


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
    first = 0
    for at in range(len(text) + 1):
        if text[at : at + _PART] not in parts:
            if at - first >= _STEP:
                pieces.append((first, at - 1 + _PART))
            first = at + 1
    return pieces


def _readings(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """The text as it is, then with one more layer of its spellings undone each time.

    With each, where its characters, and its end, stand in the text as it is.
    """
    places: Sequence[int] = range(len(text) + 1)
    yield text, places
    for _ in range(_MOST_LAYERS):
        if not ("%" in text or "\\" in text or "&" in text):
            return
        parts, left, end = list[str](), array("I"), 0
        for spelt in _SPELLING.finditer(text):
            start = spelt.start()
            parts += [text[end:start], _character(spelt)]
            left.extend(places[end : start + 1])
            end = spelt.end()
        if not parts:
            return
        left.extend(places[end:])
        text, places = "".join([*parts, text[end:]]), left
        yield text, places


def _character(spelt: re.Match[str]) -> str:
    kind, value = spelt.lastgroup, spelt[spelt.lastindex or 0]
    match kind:
        case None:
            return chr(int(value, 16))
        case "octal":
            return chr(int(value, 8))
        case "decimal":
            return chr(int(value))
        case _:
            return _NAMED.get(value, value)


# Nothing is to be done where a JSON text has none of these, as most have.
_ODD = re.compile(r"[^\n -%'-;=?-~]")
# Not seen, though Python calls them printable: joiners, selectors, letters without a sign. (Unicode,
# Default_Ignorable_Code_Point; and the Braille pattern without a dot)
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def escape_for_display(json_text: str) -> str:
    """The same JSON, which does nothing but show its text in a terminal, a log viewer, a chat or mail client.

    ``<``, ``>``, ``&``, and every character that does not print, or turns or hides what stands beside it, are
    \\u escapes.
    """
    return _ODD.sub(_escaped, json_text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character not in "<>&" and not _UNSEEN.match(character) and character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))
