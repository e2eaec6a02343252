"""Errors as the services answer them: a status, a code for programs, a message for people.

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
    """Word for word Compute's known issue "Invalid bucketName error when importing or exporting a custom
    image": also to principals of a dynamic group whose bucket does exist."""
    return invalid("bucketName", "Specified namespace or bucket to export image does not exist")


def not_authenticated(why: str) -> ApiError:
    """The real service never says why; the reason helps whoever reads a failed test, and names no secret."""
    words = "The required information to complete authentication was not provided or was incorrect."
    return ApiError(401, "NotAuthenticated", f"{words} ({why})")


def not_found(what: str) -> ApiError:
    words = "Authorization failed or requested resource not found"
    return ApiError(404, "NotAuthorizedOrNotFound", f"{words}: {what}")


def bucket_not_found(namespace: str, bucket: str) -> ApiError:
    """Object Storage's own wording, also for a caller who lacks a permission on the bucket."""
    where = f"the bucket named '{bucket}' does not exist in the namespace '{namespace}'"
    return ApiError(404, "BucketNotFound", f"Either {where} or you are not authorized to access it")


def too_large() -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", "The request is larger than allowed")
