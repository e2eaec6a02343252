"""Ordinary users, who sign with an API key."""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key

from . import errors
from .identifiers import ocid
from .key_files import pem, replace
from .principals import Principal
from .tenancy import Tenancy


class Users:
    """Ordinary users, each with one API signing key. No policy binds them."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._keys: dict[str, RSAPublicKey] = {}

    def add(self, folder: Path) -> dict[str, str]:
        """A new user: writes the private key and returns the SDK's configuration for it."""
        key = generate_private_key(65537, 2048)
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        fingerprint = hashlib.md5(der, usedforsecurity=False).hexdigest()
        with self._tenancy.lock:
            user = ocid("user", self._tenancy.random)
        config = {
            "tenancy": self._tenancy.tenancy_id,
            "user": user,
            "fingerprint": ":".join(fingerprint[at : at + 2] for at in range(0, 32, 2)),
            "key_file": str((folder / f"{user[-12:]}.pem").resolve()),
            "region": self._tenancy.region,
        }
        folder.mkdir(parents=True, exist_ok=True)
        replace(Path(config["key_file"]), pem(key), 0o600)
        with self._tenancy.lock:
            self._keys["{tenancy}/{user}/{fingerprint}".format_map(config)] = key.public_key()
        return config

    def public_key(self, key_id: str) -> tuple[RSAPublicKey, Principal]:
        """The key to check a signature with, and whose it is. Raises ApiError 401."""
        with self._tenancy.lock:
            if key_id not in self._keys:
                raise errors.not_authenticated("unknown API key")
            return self._keys[key_id], Principal("user", key_id.split("/")[1], administrator=True)
