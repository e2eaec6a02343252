"""An answer in the bytes that a fault makes of it."""

from collections.abc import Iterator

from .exchange import Answer
from .faults import Fault

# The one that Python's own HTTP client reads on after, however many come.
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


def pieces(answer: Answer, fault: Fault, *, with_body: bool) -> Iterator[bytes]:
    """What to write at once, one piece after the other."""
    yield from [INTERIM] * fault.interim
    head, body = (fault.raw, b"") if fault.raw is not None else (_head(answer), answer.body())
    yield from _dripped(head, fault.drip and fault.drip_head)
    if with_body:
        yield from _dripped(body[: fault.cut], fault.drip)


def _dripped(content: bytes, drip: float) -> Iterator[bytes]:
    if drip:
        yield from (bytes([byte]) for byte in content)
    elif content:
        yield content


def _head(answer: Answer) -> bytes:
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body())),
        **answer.headers,
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
