"""Loads of the OCI SDK what the function needs: its signer, its regions, its copy of requests.

The SDK's packages import in their own code all that is in them: clients of instance metadata, DNS and Object
Storage, a dozen signers, the base client. That is a fifth of a first call: 70 ms of a full core and 13 MiB.
So their modules are imported alone, and that code is run only if somebody asks for more.
"""

import warnings

from urllib3.exceptions import DependencyWarning

from handlers.startup import loaded_at_first_use

for package in ("oci", "oci.auth", "oci.auth.signers", "oci._vendor", "oci._vendor.requests"):
    loaded_at_first_use(package)
# Imported, and not used: for guessing how a text is encoded, and for keys that are certificates.
for package in ("oci._vendor.chardet", "cryptography.x509"):
    loaded_at_first_use(package)
# As requests does: SOCKS proxies need a package that is not there.
warnings.simplefilter("ignore", DependencyWarning)

from oci import constants, regions
from oci._vendor.requests import certs, utils
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
    "certs",
    "constants",
    "regions",
    "utils",
]
