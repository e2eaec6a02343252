"""Loads of the OCI SDK what the function needs: its signer, its regions, its copy of requests.

The SDK's packages import in their own code all that is in them: clients of instance metadata, DNS and Object
Storage, a dozen signers, the base client. That took a third of a first call (100 ms of a full core, 15 MiB).
So their modules are imported alone, and that code is run only if somebody asks for more.
"""

from handlers.startup import loaded_at_first_use

CHARDET_VERSION = "4.0.0"

for package in ("oci", "oci.auth", "oci.auth.signers", "oci._vendor"):
    loaded_at_first_use(package)
# Requests asks for the version at once, and for the rest where it has to guess how a text is encoded, or
# where a host has other letters than ASCII.
loaded_at_first_use("oci._vendor.chardet", __version__=CHARDET_VERSION)
loaded_at_first_use("oci._vendor.idna")
# PyJWT imports it for keys that are certificates.
loaded_at_first_use("cryptography.x509")

from oci import constants, regions
from oci._vendor import requests
from oci.auth.signers.ephemeral_resource_principals_signer import (
    EphemeralResourcePrincipalSigner,
    FileBasedSessionKeySupplier,
)
from oci.exceptions import ClientError
from oci.version import __version__

__all__ = [
    "ClientError",
    "EphemeralResourcePrincipalSigner",
    "FileBasedSessionKeySupplier",
    "__version__",
    "constants",
    "regions",
    "requests",
]
