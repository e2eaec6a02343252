"""OCIDs, fully matched: a path parameter that is one can't reach another path."""

import re

LONGEST = 255
_ANY_TYPE = "[a-z0-9]+"


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
