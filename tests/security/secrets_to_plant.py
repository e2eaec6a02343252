"""Made-up secrets, and the forms in which services quote such things."""

import base64
import json
import string
from urllib.parse import quote

from hypothesis import strategies as st

OF_TOKENS = string.ascii_letters + string.digits + "-_"
PAR_TOKENS = st.text(OF_TOKENS, min_size=43, max_size=86)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@st.composite
def web_tokens(draw: st.DrawFn) -> str:
    """JSON web tokens: what a session token is."""
    parts = ({"alg": "RS256", "kid": "asw"}, {"jti": draw(st.uuids()).hex, "sub": "ocid1.fnfunc.oc1.phx.a"})
    head, claims = (_base64url(json.dumps(part).encode()) for part in parts)
    return f"{head}.{claims}.{_base64url(draw(st.binary(min_size=64, max_size=64)))}"


@st.composite
def private_keys(draw: st.DrawFn) -> str:
    """PEM, as a key's file has it. The body is not a key; nothing here reads it."""
    kind = draw(
        st.sampled_from(("PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"))
    )
    body = base64.b64encode(b"0\x82" + draw(st.binary(min_size=120, max_size=200))).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


@st.composite
def signed_headers(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An Authorization header's value, and what is secret in it."""
    if draw(st.booleans()):
        token = draw(web_tokens())
        return f"{draw(st.sampled_from(('Bearer', 'bearer')))} {token}", [token]
    token, signature = (
        draw(web_tokens()),
        base64.b64encode(draw(st.binary(min_size=256, max_size=256))).decode(),
    )
    named = f'algorithm="rsa-sha256",headers="date (request-target) host",keyId="ST${token}"'
    return f'Signature version="1",{named},signature="{signature}"', [token, signature]


def par_url(token: str, object_name: str = "images/a.oci") -> str:
    return f"https://objectstorage.us-phoenix-1.oraclecloud.com/p/{token}/n/imgns/b/exports/o/{object_name}"


# How one piece of software puts another's text into its own.
QUOTINGS = {
    "as it is": lambda text: text,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"message": text})),
    "JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": lambda text: text.replace("/", "&#x2F;"),
    "Unicode escapes": lambda text: text.replace("/", "\\u002f"),
    "in brackets": lambda text: f"({text})",
    "in angle brackets": lambda text: f"<{text}>",
    "an object's repr": lambda text: repr({"destination_uri": text}),
}
# Those that leave the text of a token, key or header readable by shape.
READABLE = (
    "as it is",
    "JSON",
    "JSON in JSON",
    "JSON with escaped slashes",
    "in brackets",
    "in angle brackets",
)
AROUND = st.sampled_from(
    (
        "",
        " ",
        "Could not write to ",
        "Error: ",
        "PUT ",
        "\n",
        '{"uri":',
        "HTTPSConnectionPool(",
        "x=",
        "…",
        ": ",
        " failed",
        ".",
    )
)
