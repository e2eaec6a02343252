"""An FDK function that does nothing: what the platform itself costs."""

import io
from typing import Any

from fdk import response


def handler(ctx: Any, data: io.BytesIO | None = None) -> response.Response:
    return response.Response(ctx, response_data="{}", headers={"Content-Type": "application/json"})
