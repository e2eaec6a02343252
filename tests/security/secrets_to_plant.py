"""Made-up secrets, the forms in which others quote them, and the hunt for what is left of them."""

import base64
import json
import string
from urllib.parse import quote

from hypothesis import strategies as st

from handlers.redaction import Redactor

OF_TOKENS = string.ascii_letters + string.digits + "-_"
PAR_TOKENS = st.text(OF_TOKENS, min_size=43, max_size=86)
# So much of a random text says nothing of the rest.
HARMLESS = 20


def knowing(*secrets: str) -> Redactor:
    """What removes the secrets of an invocation that knows of these."""
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    return redactor


def leaks(secret: str, text: str, piece: int = HARMLESS) -> list[str]:
    """Where the text has that much of the secret in one piece."""
    # Each piece has one of these in it.
    half = piece // 2
    if not any(secret[start : start + half] in text for start in range(0, len(secret), half)):
        return []
    pieces = (secret[start : start + piece] for start in range(len(secret) - piece + 1))
    return [text[max(0, at - 80) : at + 80] for piece in pieces if (at := text.find(piece)) >= 0][:1]


def par_url(token: str, object_name: str = "images/a.oci") -> str:
    return f"https://objectstorage.us-phoenix-1.oraclecloud.com/p/{token}/n/imgns/b/exports/o/{object_name}"


@st.composite
def _web_tokens(draw: st.DrawFn) -> str:
    """JSON web tokens: what a session token is."""
    parts = ({"alg": "RS256", "kid": "asw"}, {"jti": draw(st.uuids()).hex, "sub": "ocid1.fnfunc.oc1.phx.a"})
    head, claims = (_base64url(json.dumps(part).encode()) for part in parts)
    return f"{head}.{claims}.{_base64url(draw(st.binary(min_size=64, max_size=64)))}"


@st.composite
def _session_tokens(draw: st.DrawFn) -> tuple[str, list[str]]:
    token = draw(_web_tokens())
    return draw(st.sampled_from(("", "ST$", 'keyId="ST$'))) + token, [token]


@st.composite
def _signed_headers(draw: st.DrawFn) -> tuple[str, list[str]]:
    token, name = draw(_web_tokens()), draw(st.sampled_from(("Authorization", "authorization")))
    signature = base64.b64encode(draw(st.binary(min_size=256, max_size=256))).decode()
    named = f'algorithm="rsa-sha256",headers="date (request-target) host",keyId="ST${token}"'
    signed = f'Signature version="1",{named},signature="{signature}"'
    value = draw(st.sampled_from((signed, f"Bearer {token}", f"bearer {token}")))
    header = {name: value}
    forms = (f"{name}: {value}", f"{name}={value}", json.dumps(header), repr(header), value)
    return draw(st.sampled_from(forms)), [token, signature]


@st.composite
def _private_keys(draw: st.DrawFn) -> tuple[str, list[str]]:
    """PEM, as a key's file has it. The body is not a key; nothing here reads it."""
    kind = draw(st.sampled_from(("PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY")))
    body = base64.b64encode(b"0\x82" + draw(st.binary(min_size=120, max_size=200))).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"]), lines


# What is written, and what is secret in it.
CREDENTIALS = _session_tokens() | _signed_headers() | _private_keys()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


# How one piece of software puts another's text into its own; first those that leave it readable.
QUOTINGS = {
    "as it is": lambda text: text,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"message": text})),
    "JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "in brackets": lambda text: f"({text})",
    "in angle brackets": lambda text: f"<{text}>",
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": lambda text: text.replace("/", "&#x2F;"),
    "Unicode escapes": lambda text: text.replace("/", "\\u002f"),
    "an object's repr": lambda text: repr({"destination_uri": text}),
}
READABLE = tuple(QUOTINGS)[:6]
AROUND = st.sampled_from(
    ("", " ", "Could not write to ", "PUT ", "\n", '{"uri":', "HTTPSConnectionPool(", "x=", "…", ": ", ".")
)
