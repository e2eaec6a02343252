"""The only rooms that know the OCI SDK."""
