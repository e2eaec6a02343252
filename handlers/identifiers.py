"""Names as OCI has them, matched in full: one that stands in a path can't reach another path."""

import re

LONGEST = 255
_ANY_TYPE = "[a-z0-9]+"
# Namespaces with hyphens exist.
NAMESPACE = "^[A-Za-z0-9_-]{1,256}$"
BUCKET = "^[A-Za-z0-9_.-]{1,256}$"


def pattern(resource_type: str = _ANY_TYPE) -> str:
    """What an OCID of that resource type looks like: a regular expression, for a full match."""
    # ocid1.{type}.{realm}.[{region}][.{future use}].{unique}; the region may be empty, the rest varies by
    # realm (Oracle's "Resource Identifiers").
    return rf"ocid1\.{resource_type}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)?\.[A-Za-z0-9_-]+"


def is_ocid(text: str, resource_type: str = _ANY_TYPE) -> bool:
    """Whether the whole text is an OCID, of that resource type where one is given."""
    return len(text) <= LONGEST and re.fullmatch(pattern(resource_type), text) is not None


def image_in(value: object) -> str | None:
    """The value if it is the OCID of an image."""
    return value if isinstance(value, str) and is_ocid(value, "image") else None


def check_namespace(name: str) -> str:
    """The name of a namespace of Object Storage itself, or ValueError saying what it must be."""
    if not re.fullmatch(NAMESPACE, name):
        raise ValueError("must be 1 to 256 letters, digits, - and _")
    return name


def check_bucket(name: str) -> str:
    """The name of a bucket itself, or ValueError. One of dots alone could be read as another path."""
    if not re.fullmatch(BUCKET, name) or not name.strip("."):
        raise ValueError("must be 1 to 256 letters, digits, -, _ and ., and not dots alone")
    return name
