"""Calling the function, as `oci fn function invoke` does."""

import json
from typing import Any

from .run import Run, StepFailed


def invoke(run: Run, payload: object) -> dict[str, Any]:
    """What the function answered. Raises the SDK's ServiceError where the invocation failed."""
    body = json.dumps(payload).encode()
    answer = run.clients.invoke.invoke_function(run.options.function_id, invoke_function_body=body)
    run.screen.step("function", f"answered call {answer.headers.get('fn-call-id')}")
    try:
        reply = json.loads(answer.data.content)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise StepFailed("the function's answer is no JSON object: is that the OCID of image-export?")
    return reply


def refused(reply: dict[str, Any]) -> str | None:
    """The refusal in the answer to a direct call; None for a success."""
    return f"{reply['status']} {reply['code']}: {reply['message']}" if "code" in reply else None
