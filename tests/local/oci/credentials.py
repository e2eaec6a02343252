"""Who may sign: the function's resource principal and ordinary users, with their keys as files."""

import hashlib
import json
import time
from functools import cache
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from . import errors
from .identifiers import ocid, uuid
from .policy import Principal
from .tenancy import Tenancy

SESSION_TOKEN = "ST$"  # noqa: S105 - what a key id begins with that is a session token
LIFETIME_S = 3600


class ResourcePrincipal:
    """Issues session tokens in the manner of OCI Functions: version 2.2, a token and a private key in two
    files.

    The token is a JWT of this cloud. Its claims are what the SDK's `EphemeralResourcePrincipalSigner` reads
    (`res_tenant`, `res_compartment`, `exp`) and what a service needs to check a signature (`jwk`, the public
    key, as JSON text). One token is valid at a time.
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

    def expire(self) -> None:
        """The current token is refused, as if its time had come, and there is no new one until `rotate`."""
        self._current = ""

    def public_key(self, token: str) -> tuple[RSAPublicKey, Principal]:
        """The key to check a signature with, from a token that this cloud issued, in its time, and whose it
        is. Raises ApiError 401."""
        try:
            claims = jwt.decode(
                token, _issuer().public_key(), algorithms=["RS256"], options={"require": ["exp", "jti"]}
            )
        except jwt.PyJWTError as problem:
            raise errors.not_authenticated(f"session token: {type(problem).__name__}") from problem
        if not self._current or claims["jti"] != self._current:
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
        self._token = jwt.encode(claims, _issuer(), algorithm="RS256", headers={"kid": "asw"})
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


@cache
def _key(number: int) -> RSAPrivateKey:
    """A function's first key, and those after it. Making keys is slow, so all clouds of a process have the
    same ones."""
    return generate_private_key(65537, 2048)


def _issuer() -> RSAPrivateKey:
    """The key of the authority that signs session tokens."""
    return _key(-1)


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
