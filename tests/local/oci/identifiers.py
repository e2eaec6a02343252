"""The shapes of OCI's identifiers and times: OCIDs, entity tags, request ids, RFC 3339 times."""

import base64
import re
from datetime import UTC, datetime
from random import Random
from uuid import UUID


def ocid(kind: str, random: Random, region: str = "") -> str:
    """`ocid1.<kind>.oc1.<region>.<60 characters>`; the region part is empty for global resources such as a
    tenancy."""
    unique = base64.b32encode(random.randbytes(33)).decode().lower().rstrip("=")[:52]
    return f"ocid1.{kind}.oc1.{region}.aaaaaaaa{unique}"


def etag(random: Random) -> str:
    """An entity tag as Compute writes it: 64 hexadecimal digits, without quotes."""
    return random.randbytes(32).hex()


def uuid(random: Random) -> str:
    return str(UUID(bytes=random.randbytes(16), version=4))


def request_id(sent: str | None, random: Random) -> str:
    """The `opc-request-id` of an answer: the client's first segment, kept, and two more of the service's own.
    Source: the SDK's rules (at most three segments of at most 32 letters, digits, `_` and `-`)."""
    first = re.sub(r"[^0-9A-Za-z_-]", "", (sent or "").split("/")[0])[:32]
    own = [random.randbytes(16).hex().upper() for _ in range(2 if first else 3)]
    return "/".join([first, *own] if first else own)


def rfc3339(seconds: float) -> str:
    """`2016-08-25T21:10:29.600Z`, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """Seconds since the epoch, from RFC 3339 text with an offset. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset")
    return moment.timestamp()
