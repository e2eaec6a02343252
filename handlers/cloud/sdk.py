"""Loads the OCI SDK, and names what the function takes of it.

Of what ``import oci`` brings along, these are of no use to a function, and a third of the time and memory:

- its signer for hardware tokens is optional: the SDK does without where ``pkcs11`` is not installed;
- ``oci.pagination`` loads the clients of DNS and Object Storage, to recognise their lists;
- ``cryptography.x509`` reads the certificates of instances and clusters;
- ``chardet`` and ``idna`` in the SDK's copy of requests: guessing how a text is encoded (requests asks for
  the version at once, and for the rest never), and hosts with other letters than ASCII.

All but the first are loaded after all, should somebody use them.
"""

from handlers.startup import loaded_at_first_use, without_package

CHARDET_VERSION = "4.0.0"

loaded_at_first_use("oci.pagination")
loaded_at_first_use("cryptography.x509")
loaded_at_first_use("oci._vendor.chardet", __path__=[], __version__=CHARDET_VERSION)
loaded_at_first_use("oci._vendor.idna")
with without_package("pkcs11"):
    from oci import constants, regions
    from oci._vendor import requests
    from oci.auth.signers import EphemeralResourcePrincipalSigner, get_resource_principals_signer
    from oci.auth.signers.ephemeral_resource_principals_signer import FileBasedSessionKeySupplier
    from oci.base_client import USER_INFO, build_user_agent
    from oci.exceptions import ClientError

__all__ = [
    "USER_INFO",
    "ClientError",
    "EphemeralResourcePrincipalSigner",
    "FileBasedSessionKeySupplier",
    "build_user_agent",
    "constants",
    "get_resource_principals_signer",
    "regions",
    "requests",
]
