"""The cloud as the function sees it, and the only package that knows the OCI SDK."""
