"""Errors as the services answer them: a status, a code for programs, a message for people.

    ApiError
    one constructor for each answer that the emulator gives, so that status and code stay together

Source: Oracle's "API Errors" page and the API reference's Error schema.
"""


class ApiError(Exception):
    """An answer other than success; the wire has `{"code", "message"}`."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}


def cannot_parse(message: str) -> ApiError:
    return ApiError(400, "CannotParseRequest", message)


def missing(name: str) -> ApiError:
    return ApiError(400, "MissingParameter", f"Missing required parameter: {name}")


def invalid(name: str, why: str) -> ApiError:
    return ApiError(400, "InvalidParameter", f"Invalid {name}: {why}")


def invalid_bucket() -> ApiError:
    """Word for word as Compute says it, also to principals of a dynamic group whose bucket does exist.

    Source: Compute's known issue "Invalid bucketName error when importing or exporting a custom image".
    """
    return invalid("bucketName", "Specified namespace or bucket to export image does not exist")


def not_authenticated(why: str) -> ApiError:
    """The real service never says why; the reason helps whoever reads a failed test, and names no secret."""
    return ApiError(
        401,
        "NotAuthenticated",
        f"The required information to complete authentication was not provided or was incorrect. ({why})",
    )


def not_found(what: str) -> ApiError:
    return ApiError(
        404, "NotAuthorizedOrNotFound", f"Authorization failed or requested resource not found: {what}"
    )


def no_such_route() -> ApiError:
    return ApiError(404, "NotFound", "Unknown resource")


def bucket_not_found(namespace: str, bucket: str) -> ApiError:
    """Object Storage's own wording, also for a caller who lacks a permission on the bucket."""
    where = f"the bucket named '{bucket}' does not exist in the namespace '{namespace}'"
    return ApiError(404, "BucketNotFound", f"Either {where} or you are not authorized to access it")


def object_not_found(bucket: str, name: str) -> ApiError:
    return ApiError(404, "ObjectNotFound", f"The object '{name}' was not found in the bucket '{bucket}'")


def method_not_allowed(allowed: str) -> ApiError:
    return ApiError(
        405, "MethodNotAllowed", "The method is not allowed for this resource", {"allow": allowed}
    )


def wrong_state(state: str, code: str) -> ApiError:
    return ApiError(409, code, f"The image is in the state {state}; it must be AVAILABLE")


def invalidated_retry_token() -> ApiError:
    """What the service says when a token comes with another payload is not documented; to refuse is the
    stricter reading."""
    return ApiError(
        409, "InvalidatedRetryToken", "The retry token was used in an earlier request with other content"
    )


def no_etag_match() -> ApiError:
    return ApiError(412, "NoEtagMatch", "The entity tag does not match the current one")


def if_match_failed() -> ApiError:
    return ApiError(412, "IfMatchFailed", "The object does not have the entity tag of if-match")


def if_none_match_failed() -> ApiError:
    return ApiError(412, "IfNoneMatchFailed", "The object exists")


def unmatched_md5(actual: str, claimed: str) -> ApiError:
    what = (
        f"The computed MD5 of the request body ({actual}) does not match the Content-MD5 header ({claimed})"
    )
    return ApiError(400, "UnmatchedContentMD5", what)


def too_large() -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", "The request is larger than allowed")


def unsupported_media_type() -> ApiError:
    return ApiError(415, "UnsupportedMediaType", "The content type must be application/json")


def too_many_requests(retry_after: int) -> ApiError:
    return ApiError(429, "TooManyRequests", "Too many requests", {"retry-after": str(retry_after)})


def bug() -> ApiError:
    return ApiError(500, "InternalServerError", "Internal server error")
