"""The headers of an invocation: what the platform adds, and what it keeps to itself."""

from datetime import UTC, datetime
from email.utils import format_datetime

Pairs = list[tuple[str, str | bytes]]

# Whoever calls, these are the platform's own.
_OWN = {"fn-call-id", "fn-deadline", "content-length", "transfer-encoding", "connection", "host"}


def platform_headers(given: Pairs, *, call_id: str, deadline: datetime) -> Pairs:
    """The headers to send: the given ones in their order, without those that only the platform sets, and its
    own.

    Source for the set: a call captured inside a running function (oracle-functions-samples,
    oci-apigw-display-httprequest-info-python).
    """
    names = {name.lower() for name, _ in given}
    defaults = {
        "content-type": "application/octet-stream",
        "fn-invoke-type": "sync",
        "user-agent": "Go-http-client/1.1",
        "accept-encoding": "gzip",
        "date": format_datetime(datetime.now(UTC).replace(microsecond=0), usegmt=True),
        "opc-request-id": call_id,
    }
    # isoformat leaves the fraction away where it is zero, which is how the platform writes it.
    told = deadline.astimezone(UTC).isoformat().replace("+00:00", "Z")
    sent: Pairs = [("Host", "localhost"), ("Fn-Call-Id", call_id), ("Fn-Deadline", told)]
    sent += [(name, value) for name, value in defaults.items() if name not in names]
    return sent + [(name, value) for name, value in given if name.lower() not in _OWN]
