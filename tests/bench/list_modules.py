"""Calls a func.py once, as the FDK would, and prints what modules the process has then, one a line."""

import io
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from fdk.context import InvokeContext
from fdk.customer_code import Function


def main() -> None:
    """``list_modules func.py``, with the body of a direct call on stdin."""
    deadline = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    context = InvokeContext("app", "app", "function", "function", uuid4().hex, deadline=deadline, headers={})
    answer = Function(sys.argv[1]).handler()(context, data=io.BytesIO(sys.stdin.buffer.read()))
    if answer.status() != 200:
        sys.exit(f"the call failed: {answer.body_bytes()[:200]!r}")
    print(*sorted(sys.modules), sep="\n")


if __name__ == "__main__":
    main()
