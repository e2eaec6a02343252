"""What services say."""

import json
from typing import Any

from handlers.errors import ServiceRefusal
from handlers.exports.services import Answer


def answer(document: Any, **headers: str) -> Answer:
    """A service's success; ``headers`` by keyword, as in ``answer({}, etag="1")``."""
    return Answer(
        document,
        json.dumps(document).encode(),
        {"opc-request-id": "request-of-the-service", **headers},
    )


def not_found(service: str) -> ServiceRefusal:
    return ServiceRefusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service=service,
        request_id="request-of-the-refusal",
    )
