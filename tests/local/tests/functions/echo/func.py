"""A function for the host's and the gateway's tests: does what the body asks, and tells what it was given."""

import json
import os
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from fdk import response

FOLDER = Path(__file__).resolve().parent


def handler(ctx: Any, data: BytesIO) -> response.Response:
    asked = data.getvalue()
    order = json.loads(asked) if asked[:1] == b"{" else {}
    print(json.dumps({"message": "called", "callId": ctx.CallID()}), file=sys.stderr, flush=True)
    if "raise" in order:
        raise RuntimeError(order["raise"])
    if "exit" in order:
        os._exit(order["exit"])
    if "write" in order:
        (FOLDER / order["write"]).write_text("written")
    time.sleep(order.get("sleep", 0))
    seen = {
        "body": asked.decode("utf-8", "replace"),
        "headers": ctx.Headers(),
        "httpHeaders": ctx.HTTPHeaders(),
        "method": ctx.Method(),
        "url": ctx.RequestURL(),
        "deadline": ctx.Deadline(),
        "callId": ctx.CallID(),
        "pid": os.getpid(),
        "folder": str(FOLDER),
        "environment": dict(os.environ),
    }
    return response.Response(
        ctx,
        response_data=json.dumps(seen),
        headers={"Content-Type": "application/json", **order.get("headers", {})},
        status_code=order.get("status", 200),
    )


if __name__ == "__main__":
    import fdk

    fdk.handle(fdk.customer_code.Function(__file__, "handler"))
