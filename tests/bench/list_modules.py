"""Calls a func.py once, as the FDK would, and prints what modules the process has then, one a line."""

import io
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4


def main() -> None:
    """``list_modules.py func.py``, with the body of a direct call on stdin."""
    from fdk.context import InvokeContext
    from fdk.customer_code import Function

    deadline = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    context = InvokeContext("app", "app", "function", "function", uuid4().hex, deadline=deadline, headers={})
    answer = Function(sys.argv[1]).handler()(context, data=io.BytesIO(sys.stdin.buffer.read()))
    body = answer.body_bytes()
    if answer.status() != 200 or b'"code"' in body[:100]:
        sys.exit(f"the call failed: {body[:200]!r}")
    print(*sorted(sys.modules), sep="\n")


if __name__ == "__main__":
    main()
