"""The SDK's signer for the function's resource principal."""

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt import PyJWTError

from handlers.cloud.sdk import (
    ClientError,
    EphemeralResourcePrincipalSigner,
    FileBasedSessionKeySupplier,
)
from handlers.errors import Misconfigured

# What the SDK raises where the platform's files are missing, cut, or of another form.
UNREADABLE = (OSError, ClientError, ValueError, PyJWTError)

_VERSION_OF_FUNCTIONS = "2.2"


class PlatformKey(FileBasedSessionKeySupplier):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own key supplier, without OpenSSL's proof that the key's factors are primes.

    The proof takes a tenth of a first call, and guards against keys that somebody made up. This one was made
    by the platform a moment ago, for this function, and signs its requests and nothing else; with a wrong
    one, the services answer 401.
    """

    def refresh(self) -> None:
        if self.passphrase_file is not None:
            super().refresh()
            return
        pem = Path(self.private_key_file).read_bytes()
        self.private_key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        self.public_key = self.private_key.public_key()


class ResourcePrincipal(EphemeralResourcePrincipalSigner):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own signer, with the key supplier above where the key is in a file."""

    def _construct_session_key_supplier(
        self, private_key: str | None = None, private_key_passphrase: str | None = None
    ) -> Any:
        if private_key and Path(private_key).is_absolute():
            return PlatformKey(private_key, private_key_passphrase)
        return super()._construct_session_key_supplier(private_key, private_key_passphrase)


def resource_principal() -> Any:
    """The signer of the resource principal that the environment describes. Raises Misconfigured."""
    environment = os.environ
    try:
        if environment.get("OCI_RESOURCE_PRINCIPAL_VERSION") != _VERSION_OF_FUNCTIONS:
            # Not the platform that we know: the SDK finds what there is, or says that there is none.
            from oci.auth.signers import get_resource_principals_signer

            return get_resource_principals_signer()
        return ResourcePrincipal(
            session_token=environment.get("OCI_RESOURCE_PRINCIPAL_RPST"),
            private_key=environment.get("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"),
            private_key_passphrase=environment.get("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"),
            region=environment.get("OCI_RESOURCE_PRINCIPAL_REGION"),
        )
    except UNREADABLE as error:
        raise Misconfigured(
            f"The function's resource principal can't be read ({type(error).__name__})."
        ) from error
