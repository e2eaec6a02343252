"""How requests are refused: by status, with the codes that come with it."""

from dataclasses import dataclass
from typing import Any

from handlers.interface import schemas

_HEADERS = ("opc-request-id",)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One status: ``name`` among the components, what it means, and an example of its error."""

    name: str
    description: str
    code: str
    message: str
    headers: tuple[str, ...] = _HEADERS


BY_STATUS = {
    "400": Refusal(
        "BadRequest",
        "CannotParseRequest: the body is not a JSON object in UTF-8. MissingParameter, InvalidParameter: the "
        "message names every problem by its field. Also Compute's own, such as LimitExceeded.",
        "MissingParameter",
        "bucketName is missing; objectName is missing.",
    ),
    "401": Refusal(
        "Unauthorized",
        "NotAuthenticated: Compute does not accept the function's signature.",
        "NotAuthenticated",
        "The required information to complete authentication was not provided or was incorrect.",
    ),
    "403": Refusal(
        "Forbidden",
        "NotAllowed: the function's configuration does not allow exports to this destination. Also Compute's "
        "own.",
        "NotAllowed",
        "Exporting to this destination is not allowed by the function's configuration.",
    ),
    "404": Refusal(
        "NotFound",
        "NotAuthorizedOrNotFound: the resource does not exist, or the function may not use it; so answers "
        "also a work request that is no image export. NotFound: there is no such route.",
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    ),
    "405": Refusal(
        "MethodNotAllowed",
        "MethodNotAllowed: the route has another method, which the header allow names.",
        "MethodNotAllowed",
        "This route answers POST only.",
        (*_HEADERS, "allow"),
    ),
    "409": Refusal(
        "Conflict",
        "IncorrectState: the image can't be exported now, but may be later. Conflict, InvalidatedRetryToken: "
        "the request contradicts another.",
        "IncorrectState",
        "The image is EXPORTING; only an AVAILABLE one is exported.",
    ),
    "412": Refusal(
        "PreconditionFailed",
        "NoEtagMatch: the image's etag is not the one in if-match.",
        "NoEtagMatch",
        "The image's etag is not the one in if-match.",
    ),
    "413": Refusal(
        "RequestEntityTooLarge",
        "RequestEntityTooLarge: the body is over 64 KiB.",
        "RequestEntityTooLarge",
        "The body must not be longer than 65536 bytes.",
    ),
    "415": Refusal(
        "UnsupportedMediaType",
        "UnsupportedMediaType: the body is declared as something other than application/json.",
        "UnsupportedMediaType",
        "The body must be application/json.",
    ),
    "429": Refusal(
        "TooManyRequests",
        "TooManyRequests: Compute's limit of requests is reached, and stayed so for as long as the function "
        "could wait.",
        "TooManyRequests",
        "Too many requests for the tenancy.",
    ),
    "500": Refusal(
        "InternalServerError",
        "InternalServerError: the function is misconfigured, and the message names the keys; or it, or "
        "Compute, has failed.",
        "InternalServerError",
        "The function failed unexpectedly. Its log says more under this request id.",
    ),
    "503": Refusal(
        "ServiceUnavailable",
        "ServiceUnavailable: Compute could not be reached, or did not answer in time. With the same "
        "opc-retry-token, the request can be sent again without a second export.",
        "ServiceUnavailable",
        "Compute gave no usable answer in time.",
    ),
    "default": Refusal(
        "OtherError",
        "Any other error that Compute answers, passed on.",
        "InternalServerError",
        "Internal server error",
    ),
}


def components() -> dict[str, Any]:
    """The refusals as responses, by name."""
    return {
        refusal.name: {
            "description": refusal.description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in refusal.headers},
            "content": {
                "application/json": {
                    "schema": schemas.reference("Error"),
                    "example": {"code": refusal.code, "message": refusal.message},
                }
            },
        }
        for refusal in BY_STATUS.values()
    }


def responses(*statuses: str) -> dict[str, Any]:
    """An operation's refusals: those of these statuses, and any other."""
    return {
        status: {"$ref": f"#/components/responses/{BY_STATUS[status].name}"}
        for status in (*sorted(statuses), "default")
    }
