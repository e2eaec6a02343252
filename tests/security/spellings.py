"""Ways to spell a text so that two readers may disagree about it."""

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import strategies as st

# One to a word; what a word can't have in it stands below.
_WORDS = r"""
    .. . / // \ % %00 %0d%0a %2e %2E%2e %2f %5c %252e %252f %c0%ae ? # @ : ; & [ ] :443 :0 - x X é
    user@ user:pw@ evil.example .evil.example //evil.example evil.example/ @evil.example \@evil.example
    %40evil.example /p/ /p/t/ /n/other /b/other /o/other /o/ /../ /./ /%2e%2e/ ..%2f
"""
NASTY = (
    *_WORDS.split(),
    *(" ", "\t", "\n", "\r\n", "\0", "\u0131", "\u200b", "\u202e", "\u3002", "\uff0e", "\uff0f", "\u2044"),
    "\ud800",
)


@st.composite
def misspelt(draw: st.DrawFn, texts: st.SearchStrategy[str], most: int = 3) -> str:
    """One of the texts with up to ``most`` changes that matter to readers of URLs."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, most))):
        at, length = draw(st.integers(0, len(text))), draw(st.sampled_from((0, 0, 0, 1, 2, 5)))
        change = draw(st.sampled_from(NASTY) | st.characters(codec=None) | st.just(""))
        text = text[:at] + change + text[at + length :]
    return draw(st.sampled_from((text, text, text, text.upper(), text.swapcase(), text * 2)))


@st.composite
def percent_encoded(draw: st.DrawFn, text: str, keep: str = "/") -> str:
    """The same text in another spelling: what has to be is percent-encoded, anything else may be."""
    plain = st.booleans()
    return "".join(
        character
        if character in keep
        or (character.isascii() and (character.isalnum() or character in "-._~") and draw(plain))
        else "".join(f"%{byte:{draw(st.sampled_from(('02x', '02X')))}}" for byte in character.encode())
        for character in text
    )


# How one character is spelt by URLs, JSON, programs and HTML.
_OF_CHARACTERS: tuple[Callable[[str], str], ...] = (
    *(lambda c: f"%{ord(c):02x}", lambda c: f"%{ord(c):02X}", lambda c: f"%u{ord(c):04x}"),
    *(lambda c: f"\\u{ord(c):04x}", lambda c: f"\\u{{{ord(c):x}}}", lambda c: f"\\U{ord(c):08x}"),
    *(lambda c: f"\\x{ord(c):02x}", lambda c: f"\\{ord(c):03o}", lambda c: f"\\0{ord(c):03o}"),
    *(lambda c: f"&#{ord(c)};", lambda c: f"&#0{ord(c)};"),
    *(lambda c: f"&#x{ord(c):x};", lambda c: f"&#X{ord(c):X};"),
)
# What is done to a text that is put into another.
_OF_TEXTS: tuple[Callable[[str], str], ...] = (
    *(quote, lambda text: quote(text, safe=""), html.escape),
    *(lambda text: json.dumps(text)[1:-1], lambda text: json.dumps(text).replace("/", "\\/")[1:-1]),
    lambda text: re.sub(r"(\W|_)", r"\\\1", text),
    lambda text: html.escape(text).replace("/", "&sol;").replace("_", "&lowbar;"),
)


@st.composite
def spelt_somehow(draw: st.DrawFn, text: str) -> str:
    """The same text in another spelling, or in up to three, one in another."""
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            text = draw(st.sampled_from(_OF_TEXTS))(text)
            continue
        spelt = draw(st.sampled_from(_OF_CHARACTERS))
        # Letters and digits may be left, all or some of them.
        left = draw(st.lists(st.booleans(), min_size=1, max_size=3))
        text = "".join(c if c.isalnum() and left[at % len(left)] else spelt(c) for at, c in enumerate(text))
    return text
