"""OCIDs, fully matched: a path parameter that is one can't reach another path."""

import re

# ocid1.{type}.{realm}.[{region}][.{future use}].{unique}; the region may be empty, the rest varies by
# realm (Oracle's "Resource Identifiers").
_OCID = re.compile(r"ocid1\.([a-z0-9]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)?\.[A-Za-z0-9_-]+")
_LONGEST = 255


def is_ocid(text: str, resource_type: str | None = None) -> bool:
    """Whether the whole text is an OCID, of that resource type where one is given."""
    if len(text) > _LONGEST:
        return False
    match = _OCID.fullmatch(text)
    return match is not None and resource_type in (None, match[1])
