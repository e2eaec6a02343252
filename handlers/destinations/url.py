"""Object Storage URLs: taken apart by a real parser, compared part by part, and built anew from the parts.

What was checked is what is used: the text that a caller sent goes no further than this module.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

from handlers.destinations import Destination, are_names, object_name

# The parser drops tabs and newlines and some servers read a backslash as a slash: what is not plain,
# printable ASCII has to come percent-encoded.
_PLAIN = re.compile(r"[!-\[\]-~]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,1024}")
_DEDICATED_DOMAIN = "oci.customer-oci.com"


@dataclass(frozen=True, slots=True)
class ObjectStorageHosts:
    """The hosts of one region's Object Storage.

    ``endpoint`` is the base URL that the function itself uses (a test's may be plain http, with a port);
    ``regional`` the region's public host, such as ``objectstorage.eu-frankfurt-1.oraclecloud.com``.
    Another region's host is refused: an allow-list names buckets without their region, and Compute exports
    to the image's own.
    """

    endpoint: str
    regional: str
    region: str

    def accepts(self, base: str, namespace: str) -> bool:
        """Whether that scheme and host serve the namespace's objects. Hosts are compared in lower case."""
        dedicated = f"{namespace.lower()}.objectstorage.{self.region}.{_DEDICATED_DOMAIN}"
        return base in (self.endpoint, f"https://{self.regional}", f"https://{dedicated}")


def parse(text: str, hosts: ObjectStorageHosts) -> Destination:
    """The destination that a URL names. Raises ValueError, which never quotes it: it may hold a secret."""
    if not _PLAIN.fullmatch(text) or _BAD_ESCAPE.search(text):
        raise ValueError("must be a percent-encoded URL")
    if any(mark in text for mark in "?#@"):
        raise ValueError("must have no user, query or fragment")
    try:
        url = urlsplit(text)
    except ValueError:
        raise ValueError("must be a URL") from None
    # The whole authority: an empty port is none of the endpoint's either.
    base = f"{url.scheme}://{url.netloc.lower()}"
    par_token, namespace, bucket, name = _path(url.path)
    if not hosts.accepts(base, namespace):
        raise ValueError("must be an Object Storage URL of the function's region")
    return Destination(namespace, bucket, name, base, par_token)


def build(place: Destination) -> str:
    """The URL of a destination that has a base: a secret, if it has a token."""
    access = f"/p/{place.par_token}" if place.par_token else ""
    return f"{place.base}{access}/n/{place.namespace}/b/{place.bucket}/o/{quote(place.object_name, safe='/')}"


def _path(path: str) -> tuple[str, str, str, str]:
    """Token (or empty), namespace, bucket and object name, percent-decoded once."""
    segments = path.split("/")
    token = ""
    if segments[1:2] == ["p"]:
        token = segments[2] if len(segments) > 2 else ""
        if not _TOKEN.fullmatch(token) or not token.strip("."):
            raise ValueError("must have a token after /p/")
        segments = ["", *segments[3:]]
    if len(segments) < 7 or (segments[0], segments[1], segments[3], segments[5]) != ("", "n", "b", "o"):
        raise ValueError("must have a path of the form /n/{namespace}/b/{bucket}/o/{object}")
    try:
        namespace, bucket, name = (
            unquote_to_bytes(part).decode() for part in (segments[2], segments[4], "/".join(segments[6:]))
        )
    except UnicodeDecodeError:
        raise ValueError("must be percent-encoded UTF-8") from None
    if not are_names(namespace, bucket):
        raise ValueError("must name a namespace and a bucket")
    return token, namespace, bucket, object_name.check(name)


def token_in(text: str) -> str:
    """What stands where a URL has a pre-authenticated request's token, also in a wrong URL; or nothing."""
    return text.partition("/p/")[2].partition("/")[0]
