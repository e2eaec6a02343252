"""Verifies the signature of a request, as strictly as the services' documentation allows.

Source: Oracle's "Request Signatures" page: `Authorization: Signature` with rsa-sha256 over the listed
headers; which headers must be in the list; dates within five minutes; a body's SHA-256.
"""

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from . import errors
from .credentials import SESSION_TOKEN, ResourcePrincipal, Users
from .exchange import Call
from .policy import Principal

CLOCK_SKEW_S = 300
ALWAYS_SIGNED = {"(request-target)", "host", "date"}
BODY_SIGNED = {"x-content-sha256", "content-type", "content-length"}
# An upload is signed without its body, for it may be a stream.
WITHOUT_BODY = {"PutObject"}

_FIELDS = re.compile(r'(?:^|,)\s*([A-Za-z]+)="([^"]*)"')


class Signatures:
    def __init__(self, resource_principal: ResourcePrincipal, users: Users) -> None:
        self._resource_principal, self._users = resource_principal, users

    def check(self, call: Call) -> Principal:
        """Who signed. Raises ApiError 401."""
        fields = _authorization(call.headers.get("authorization", ""))
        listed = fields["headers"].split(" ")
        has_body = call.method in ("POST", "PUT", "PATCH") and call.operation not in WITHOUT_BODY
        if missing := ALWAYS_SIGNED.union(BODY_SIGNED if has_body else ()) - set(listed):
            raise errors.not_authenticated(f"{min(missing)} is not signed")
        if len(set(listed)) != len(listed):
            raise errors.not_authenticated("a header is signed twice")
        _check_date(call.headers)
        _check_body(listed, call)
        lines = [_line(name, call) for name in listed]
        try:
            key, signer = self._key(fields["keyId"])
            key.verify(
                base64.b64decode(fields["signature"], validate=True),
                "\n".join(lines).encode(),
                PKCS1v15(),
                SHA256(),
            )
        except (InvalidSignature, binascii.Error) as problem:
            raise errors.not_authenticated("the signature does not fit") from problem
        return signer

    def _key(self, key_id: str) -> tuple[RSAPublicKey, Principal]:
        if key_id.startswith(SESSION_TOKEN):
            return self._resource_principal.public_key(key_id.removeprefix(SESSION_TOKEN))
        return self._users.public_key(key_id)


def _authorization(header: str) -> dict[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "signature":
        raise errors.not_authenticated("no signature")
    pairs = _FIELDS.findall(rest)
    fields = dict(pairs)
    if len(fields) != len(pairs) or _FIELDS.sub("", rest).strip():
        raise errors.not_authenticated("the authorization header cannot be read")
    if missing := {"keyId", "headers", "signature", "algorithm", "version"} - set(fields):
        raise errors.not_authenticated(f"the authorization header lacks {min(missing)}")
    if fields["algorithm"] != "rsa-sha256" or fields["version"] != "1":
        raise errors.not_authenticated("unknown algorithm or version")
    return fields


def _check_date(headers: Mapping[str, str]) -> None:
    try:
        sent = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError) as problem:
        raise errors.not_authenticated("no date") from problem
    if abs(time.time() - sent) > CLOCK_SKEW_S:
        raise errors.not_authenticated("the date is more than five minutes off")


def _check_body(listed: list[str], call: Call) -> None:
    digest = base64.b64encode(hashlib.sha256(call.body).digest()).decode()
    for name, right in {"content-length": str(len(call.body)), "x-content-sha256": digest}.items():
        if name in listed and call.headers.get(name) != right:
            raise errors.not_authenticated(f"{name} does not fit the body")


def _line(name: str, call: Call) -> str:
    if name == "(request-target)":
        return f"{name}: {call.method.lower()} {call.target}"
    if name not in call.headers:
        raise errors.not_authenticated(f"the signed header {name} is not there")
    return f"{name}: {call.headers[name]}"
