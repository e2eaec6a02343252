"""What the function takes from the OCI SDK: its signer, its regions, its copy of requests.

The SDK's packages import in their own code all that is in them: clients of instance metadata, DNS and Object
Storage, a dozen signers, the base client. That is a fifth of a first call: 70 ms of a full core and 13 MiB.
So their modules are imported alone, and that code is run only if somebody asks for more.
"""

import os
import warnings
from pathlib import Path
from typing import Any

from urllib3.exceptions import DependencyWarning

from handlers.startup import loaded_at_first_use

for package in ("oci", "oci.auth", "oci.auth.signers", "oci._vendor", "oci._vendor.requests"):
    loaded_at_first_use(package)
# Imported, and not used: for guessing how a text is encoded, and for keys that are certificates.
for package in ("oci._vendor.chardet", "cryptography.x509"):
    loaded_at_first_use(package)
# As requests does: SOCKS proxies need a package that is not there.
warnings.simplefilter("ignore", DependencyWarning)

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt import PyJWTError
from oci import constants, regions
from oci._vendor.requests import certs, utils
from oci.auth.signers.ephemeral_resource_principals_signer import (
    EphemeralResourcePrincipalSigner,
    FileBasedSessionKeySupplier,
)
from oci.exceptions import ClientError
from oci.version import __version__

from handlers.errors import Misconfigured

__all__ = ["UNREADABLE", "__version__", "certs", "constants", "regions", "resource_principal", "utils"]

# What the SDK raises where the platform's files are missing, cut, or of another form.
UNREADABLE = (OSError, ClientError, ValueError, PyJWTError)

_VERSION_OF_FUNCTIONS = "2.2"


class PlatformKey(FileBasedSessionKeySupplier):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own key supplier, without OpenSSL's proof that the key's factors are primes.

    The proof takes a tenth of a first call, and guards against keys that somebody made up. This one was made
    by the platform a moment ago, for this function, and signs its requests and nothing else; with a wrong
    one, the services answer 401. A key that is not RSA is refused here: it could not sign, and nothing would
    make the function read the file again.
    """

    def refresh(self) -> None:
        pem = Path(self.private_key_file).read_bytes()
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("not an RSA key")  # noqa: TRY004  # among UNREADABLE
        self.private_key, self.public_key = key, key.public_key()


class ResourcePrincipal(EphemeralResourcePrincipalSigner):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own signer, with the key supplier above where the key is in a file."""

    def _construct_session_key_supplier(
        self, private_key: str | None = None, private_key_passphrase: str | None = None
    ) -> Any:
        if private_key and Path(private_key).is_absolute() and not private_key_passphrase:
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
