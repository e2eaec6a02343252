"""The only rooms that know the OCI SDK."""

import sys

# The SDK's signer for hardware tokens is of no use to a function, and optional to the SDK, which does without
# where the package is missing. So it is, for as long as the SDK is imported: it would cost a tenth of a cold
# start.
_OPTIONAL = "pkcs11"

if _OPTIONAL not in sys.modules:
    sys.modules[_OPTIONAL] = None  # type: ignore[assignment]  # how Python spells "this import fails"
    try:
        import oci.base_client  # noqa: F401
    finally:
        del sys.modules[_OPTIONAL]
