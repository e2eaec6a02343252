"""Object Storage URLs: taken apart, compared part by part, and built anew from the parts.

What was checked is what is used: the text that a caller sent goes no further than this module.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from handlers.destinations import Destination
from handlers.names import check_bucket, check_namespace, check_object_name

# Some readers drop tabs and newlines and some read a backslash as a slash: what is not plain, printable ASCII
# has to come percent-encoded.
_PLAIN = re.compile(r"[!-\[\]-~]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Object Storage makes 64 of these characters; a short token could read like any other word.
_TOKEN = re.compile("[A-Za-z0-9_-]{32,1024}")
_LIKE_A_TOKEN = re.compile(r"(?:^|/)p/([^/?#\s]{24,1024})")
_DEDICATED_DOMAIN = "oci.customer-oci.com"


class ObjectStorageHosts(NamedTuple):
    """The hosts of one region's Object Storage.

    ``endpoint`` is the base URL that the function itself uses (a test's may be plain http, with a port);
    ``regional`` the region's public host, such as ``objectstorage.eu-frankfurt-1.oraclecloud.com``.
    Another region's host is refused: an allow-list names buckets without their region, and Compute exports
    to the image's own.
    """

    endpoint: str
    regional: str
    region: str

    def check(self, base: str, namespace: str) -> str:
        """That scheme and host themselves if they serve the namespace's objects. Raises ValueError."""
        dedicated = f"{namespace.lower()}.objectstorage.{self.region}.{_DEDICATED_DOMAIN}"
        if base in (self.endpoint, f"https://{self.regional}", f"https://{dedicated}"):
            return base
        if not base.startswith("https://"):
            raise ValueError("must begin with https://")
        raise ValueError(f"must have a host of the function's region, such as {self.regional}")


class ObjectUrl(NamedTuple):
    """The URL of an object. ``base``: scheme and host. ``token``: a pre-authenticated request's, or empty."""

    destination: Destination
    base: str
    token: str = ""

    @property
    def text(self) -> str:
        """The URL, built of its parts: a secret, if it has a token."""
        access = f"/p/{self.token}" if self.token else ""
        namespace, bucket, name = self.destination
        return f"{self.base}{access}/n/{namespace}/b/{bucket}/o/{quote(name, safe='/')}"

    def __repr__(self) -> str:
        return f"ObjectUrl({self.destination!r}, {self.base!r})"


def parse(text: str, hosts: ObjectStorageHosts) -> ObjectUrl:
    """The parts of a URL. Raises ValueError, which says what is wrong and never quotes it: it may hold a
    secret.
    """
    if not _PLAIN.fullmatch(text) or _BAD_ESCAPE.search(text):
        raise ValueError("must be a percent-encoded URL")
    if any(mark in text for mark in "?#@"):
        raise ValueError("must have no user, query or fragment")
    scheme, _, rest = text.partition("://")
    host, _, path = rest.partition("/")
    segments = path.split("/")
    token = ""
    if segments[0] == "p":
        token = segments[1] if len(segments) > 1 else ""
        if not _TOKEN.fullmatch(token):
            raise ValueError("must have a token of 32 to 1024 letters, digits, - and _ after /p/")
        segments = segments[2:]
    if len(segments) < 6 or (segments[0], segments[2], segments[4]) != ("n", "b", "o"):
        raise ValueError("must have a path of the form /n/{namespace}/b/{bucket}/o/{object}")
    destination = Destination(
        _name("namespace", segments[1], check_namespace, token),
        _name("bucket", segments[3], check_bucket, token),
        _name("object", "/".join(segments[5:]), check_object_name, token),
    )
    # The whole authority: an empty port is none of the endpoint's either.
    base = hosts.check(f"{scheme.lower()}://{host.lower()}", destination.namespace)
    return ObjectUrl(destination, base, token)


def _name(part: str, encoded: str, check: Callable[[str], str], token: str) -> str:
    """One name of a URL, percent-decoded once."""
    try:
        name = check(unquote_to_bytes(encoded).decode())
    except UnicodeDecodeError:
        raise ValueError(f"has a wrong {part}, which must be percent-encoded UTF-8") from None
    except ValueError as error:
        raise ValueError(f"has a wrong {part}, which {error}") from None
    # Names are shown and recorded as they are, and the token must not be.
    if token and token in name:
        raise ValueError(f"has a wrong {part}, which must not have the URL's token in it")
    return name


def token_in(text: str) -> str:
    """What stands where a URL has the token of a pre-authenticated request; or nothing. For a URL that was
    refused: it may be wrong in any way, also encoded as a whole.
    """
    found = _LIKE_A_TOKEN.search(text) or _LIKE_A_TOKEN.search(unquote(text))
    return unquote(found[1]) if found else ""
