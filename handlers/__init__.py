"""Exports images of OCI Compute to Object Storage, and tells a topic of it."""
