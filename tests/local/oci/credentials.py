"""Who may sign: the function's resource principal and ordinary users. Signatures are verified as strictly
as the services' documentation allows.

Source: Oracle's "Request Signatures" page: `Authorization: Signature` with rsa-sha256 over the listed
headers; which headers must be in the list; dates within five minutes; a body's SHA-256.
"""

import base64
import binascii
import hashlib
import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

from . import errors
from .exchange import Call
from .identifiers import ocid, uuid
from .policy import Principal
from .tenancy import Tenancy

SESSION_TOKEN = "ST$"  # noqa: S105 - what a key id begins with that is a session token
LIFETIME_S = 3600
ISSUER = -1  # the authority that signs session tokens
CLOCK_SKEW_S = 300
ALWAYS_SIGNED = {"(request-target)", "host", "date"}
BODY_SIGNED = {"x-content-sha256", "content-type", "content-length"}
# An upload is signed without its body, for it may be a stream.
WITHOUT_BODY = {"PutObject"}

_FIELDS = re.compile(r'(?:^|,)\s*([A-Za-z]+)="([^"]*)"')


class ResourcePrincipal:
    """Issues session tokens as OCI Functions does: version 2.2, a token and a private key in two files.

    The token is a JWT. Its claims are what the SDK's `EphemeralResourcePrincipalSigner` reads (`res_tenant`,
    `res_compartment`, `exp`) and what a service needs to check a signature (`jwk`, the public key, as JSON
    text). One token is valid at a time.
    """

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._key: RSAPrivateKey | None = None
        self._issued = 0
        self._token = ""
        self._current = ""

    def write(self, folder: Path) -> dict[str, str]:
        """Writes `rpst` and `private.pem` of the current token and returns the platform's environment."""
        with self._tenancy.lock:
            if self._key is None:
                self._current = self._issue()
            return self._write(folder)

    def rotate(self, folder: Path) -> dict[str, str]:
        """A new key and token in the same files; the old token is refused once both are there."""
        with self._tenancy.lock:
            issued = self._issue()
            environment = self._write(folder)
            self._current = issued
            return environment

    def public_key(self, key_id: str) -> tuple[RSAPublicKey, Principal]:
        """The key to check a signature with, from a token that this cloud issued, in its time, and whose it
        is. Raises ApiError 401."""
        token, issuer = key_id.removeprefix(SESSION_TOKEN), _key(ISSUER).public_key()
        try:
            claims = jwt.decode(token, issuer, algorithms=["RS256"], options={"require": ["exp", "jti"]})
        except jwt.PyJWTError as problem:
            raise errors.not_authenticated(f"session token: {type(problem).__name__}") from problem
        if claims["jti"] != self._current:
            raise errors.not_authenticated("session token: not the current one")
        key = RSAAlgorithm.from_jwk(claims["jwk"])
        if not isinstance(key, RSAPublicKey):
            raise errors.not_authenticated("session token: no public key")
        return key, self._tenancy.function

    def _issue(self) -> str:
        tenancy = self._tenancy
        self._key = _key(self._issued)
        self._issued += 1
        token_id = uuid(tenancy.random)
        claims = {
            "res_tenant": tenancy.tenancy_id,
            "res_compartment": tenancy.function_compartment_id,
            "jti": token_id,
            "exp": int(time.time()) + LIFETIME_S,
            "jwk": json.dumps(RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)),
        }
        self._token = jwt.encode(claims, _key(ISSUER), algorithm="RS256", headers={"kid": "asw"})
        return token_id

    def _write(self, folder: Path) -> dict[str, str]:
        tenancy = self._tenancy
        assert self._key is not None
        # The function may run as another user than the host, so both files are readable by all, as the
        # platform's are to it.
        _replace(folder / "private.pem", _pem(self._key), 0o644)
        _replace(folder / "rpst", self._token.encode(), 0o644)
        region = {
            "realmDomainComponent": tenancy.realm_domain,
            "realmKey": tenancy.realm_key.upper(),
            "regionIdentifier": tenancy.region,
            "regionKey": tenancy.region_key.upper(),
        }
        return {
            "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
            "OCI_RESOURCE_PRINCIPAL_RPST": str((folder / "rpst").resolve()),
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str((folder / "private.pem").resolve()),
            "OCI_RESOURCE_PRINCIPAL_REGION": tenancy.region,
            "OCI_REGION_METADATA": json.dumps(region),
        }


class Users:
    """Ordinary users, each with one API signing key. No policy binds them."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._keys: dict[str, RSAPublicKey] = {}

    def add(self, folder: Path) -> dict[str, str]:
        """The SDK's configuration of a new user, whose key file is written to `folder`."""
        key = generate_private_key(65537, 2048)
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        fingerprint = hashlib.md5(der, usedforsecurity=False).hexdigest()
        user = ocid("user", self._tenancy.random)
        config = {
            "tenancy": self._tenancy.tenancy_id,
            "user": user,
            "fingerprint": ":".join(fingerprint[at : at + 2] for at in range(0, 32, 2)),
            "key_file": str((folder / f"{user[-12:]}.pem").resolve()),
            "region": self._tenancy.region,
        }
        _replace(Path(config["key_file"]), _pem(key), 0o600)
        self._keys["{tenancy}/{user}/{fingerprint}".format_map(config)] = key.public_key()
        return config

    def public_key(self, key_id: str) -> tuple[RSAPublicKey, Principal]:
        """The key to check a signature with, and whose it is. Raises ApiError 401."""
        if key_id not in self._keys:
            raise errors.not_authenticated("unknown API key")
        return self._keys[key_id], Principal("user", key_id.split("/")[1], administrator=True)


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
        _check_date(call.headers)
        _check_body(listed, call)
        signed = "\n".join(_line(name, call) for name in listed)
        owners = self._resource_principal if fields["keyId"].startswith(SESSION_TOKEN) else self._users
        key, signer = owners.public_key(fields["keyId"])
        try:
            signature = base64.b64decode(fields["signature"], validate=True)
            key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error) as problem:
            raise errors.not_authenticated("the signature does not fit") from problem
        return signer


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


@cache
def _key(number: int) -> RSAPrivateKey:
    """A function's key, from 0, or ISSUER's. Making keys is slow: all clouds of a process have the same."""
    return generate_private_key(65537, 2048)


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.chmod(mode)
    fresh.replace(path)
