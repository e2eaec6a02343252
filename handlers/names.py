"""Names as OCI has them: OCIDs, namespaces, buckets, objects; and the template of object names.

Each is matched in full: one that stands in a path can't reach another path.
"""

import re
from collections.abc import Mapping
from string import Formatter

LONGEST = 255
_ANY_TYPE = "[a-z0-9]+"
# Namespaces with hyphens exist.
NAMESPACE = "^[A-Za-z0-9_-]{1,256}$"
BUCKET = "^[A-Za-z0-9_.-]{1,256}$"

EXTENSIONS = {"OCI": "oci", "QCOW2": "qcow2", "VDI": "vdi", "VHD": "vhd", "VMDK": "vmdk"}
_OF_IMAGES = ("image_name", "image_id", "image_suffix", "compartment_name")
PLACEHOLDERS = (*_OF_IMAGES, "event_id", "event_time", "format", "extension")
LONGEST_BYTES = 1024
_LONGEST_VALUE = 255
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


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


def check_object_name(name: str) -> str:
    """The object name itself, or ValueError saying what Object Storage would not take.

    Dot segments are refused because a URL made of the name could be read as another path.
    """
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    if not 1 <= size <= LONGEST_BYTES:
        raise ValueError(f"must be 1 to {LONGEST_BYTES} bytes of UTF-8")
    if any(character in name for character in "\0\r\n"):
        raise ValueError("must not contain NUL, CR or LF")
    if any(segment in (".", "..") for segment in name.split("/")):
        raise ValueError("must not have a segment that is . or ..")
    return name


def tidy_segments(name: str) -> tuple[str, ...]:
    """The path's segments that are left when a name is percent-decoded until nothing changes, without those
    that are empty or dots alone. In linear time: each byte is appended once, and only the end can change.
    """
    decoded = bytearray()
    for byte in name.encode("utf-8", "surrogatepass"):
        decoded.append(byte)
        while escape := _ESCAPE.fullmatch(decoded, max(0, len(decoded) - 3)):
            decoded[-3:] = bytes.fromhex(escape[1].decode())
    return tuple(segment for segment in decoded.decode(errors="replace").split("/") if segment.strip("."))


def check_template(template: str) -> str:
    """The template of object names itself, or ValueError where it makes none.

    Not ``str.format``: a template must not reach attributes, indexes, conversions or format specifications.
    """
    render_object_name(template, dict.fromkeys(PLACEHOLDERS, "x"))
    return template


def render_object_name(template: str, values: Mapping[str, str | None]) -> str:
    """The object name, with every value made safe. Raises ValueError if it comes out too long."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        raise ValueError("has unbalanced braces") from None
    name = ""
    for literal, placeholder, specification, conversion in parts:
        name += literal
        if placeholder is not None:
            if placeholder not in PLACEHOLDERS or specification or conversion:
                raise ValueError(f"may use only {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}")
            name += _safe(values.get(placeholder))
    return check_object_name(name)


def _safe(value: str | None) -> str:
    safe = _UNSAFE.sub("-", value or "")[:_LONGEST_VALUE]
    # A value of dots alone could make a dot segment; an empty one could make an empty name.
    return safe if safe.strip(".") else "-"
