"""The only rooms that know the OCI SDK."""

from handlers.loading import without_package

# The SDK's signer for hardware tokens is of no use to a function, costs a tenth of a cold start, and is
# optional to the SDK, which does without where its package is not installed.
with without_package("pkcs11"):
    import oci.base_client  # noqa: F401
