"""The request to export an image, whoever brought it: one model, every problem named at once."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from handlers import identifiers
from handlers.context import Context
from handlers.destinations import BUCKET, NAMESPACE, Destination, ExportFormat, url
from handlers.destinations import object_name as object_names
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import InvalidParameter, MissingParameter
from handlers.operations import Operation
from handlers.operations.export_image import ExportImage, retry_token
from handlers.operations.export_image.attempt import Export

_HEADER_VALUE = r"^[!-~]([ -~]*[!-~])?$"
_LONGEST_NAME = 64
_DETAILS = "exportImageDetails"


def _parse_url(value: object, info: ValidationInfo[Any]) -> Destination:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return url.parse(value, cast("ObjectStorageHosts", info.context))


class _Strict(BaseModel):
    """Wrong types are errors, and so is an unknown key: a misspelt one must not change what is exported."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )


class ExportImageViaObjectStorageTupleDetails(_Strict):
    """A destination given by namespace, bucket and object name."""

    export_format: ExportFormat = "OCI"
    destination_type: Literal["objectStorageTuple"]
    namespace_name: str = Field(pattern=NAMESPACE)
    bucket_name: str = Field(pattern=BUCKET)
    object_name: str = Field(min_length=1, max_length=object_names.LONGEST_BYTES)

    _check_name = field_validator("object_name")(object_names.check)

    @property
    def destination(self) -> Destination:
        return Destination(self.namespace_name, self.bucket_name, self.object_name)


class ExportImageViaObjectStorageUriDetails(_Strict):
    """A destination given by an Object Storage URL, which may be a pre-authenticated request's."""

    export_format: ExportFormat = "OCI"
    destination_type: Literal["objectStorageUri"]
    destination_uri: Annotated[Destination, PlainValidator(_parse_url, json_schema_input_type=str)]

    @property
    def destination(self) -> Destination:
        return self.destination_uri


ExportImageDetails = Annotated[
    ExportImageViaObjectStorageTupleDetails | ExportImageViaObjectStorageUriDetails,
    Field(discriminator="destination_type"),
]


class ExportRequest(_Strict):
    """What callers ask for. The field aliases are the keys of a direct call."""

    image_id: str
    export_image_details: ExportImageDetails
    if_match: str | None = Field(None, pattern=_HEADER_VALUE)
    opc_retry_token: str | None = Field(None, pattern=_HEADER_VALUE, min_length=1, max_length=64)
    dry_run: bool = False

    @field_validator("image_id")
    @classmethod
    def _check_image_id(cls, value: str) -> str:
        if not identifiers.is_ocid(value, "image"):
            raise ValueError("must be the OCID of an image")
        return value


def operation(
    document: Mapping[str, Any], context: Context, names: Mapping[str, str] | None = None
) -> Operation:
    """The export, or its check, that a request asks for.

    ``names``: what the caller calls a field, where it isn't the field's own name. Raises MissingParameter or
    InvalidParameter, which name every problem by its field and repeat no value.
    """
    request = _validate(document, context, names or {})
    details = request.export_image_details
    export = Export(
        request.image_id,
        details.destination,
        details.export_format,
        request.opc_retry_token or retry_token.for_call(context.requester.id),
        "caller" if request.opc_retry_token else "call",
        request.if_match,
    )
    if request.dry_run:
        from handlers.operations.export_image.dry_run import CheckExport

        return CheckExport(export)
    return ExportImage(export)


def _validate(document: Mapping[str, Any], context: Context, names: Mapping[str, str]) -> ExportRequest:
    """The request. A caller's pre-authenticated request is a secret as ours are, also where it is refused."""
    try:
        request = ExportRequest.model_validate(document, context=context.hosts)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        context.redactor.hide(_token_in(document))
    else:
        context.redactor.hide(request.export_image_details.destination.par_token)
        return request
    text = "; ".join(f"{_place(problem, names, context)} {_kind(problem)}" for problem in problems)
    only_missing = all(problem["type"] in _MISSING for problem in problems)
    raise (MissingParameter if only_missing else InvalidParameter)(f"{text}.")


_MISSING = ("missing", "union_tag_not_found")
_KINDS = {
    "missing": "is missing",
    "union_tag_not_found": "is missing",
    "union_tag_invalid": "must be one of objectStorageTuple, objectStorageUri",
    "extra_forbidden": "is unknown",
    "string_pattern_mismatch": "has a wrong length, or characters that are not allowed",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "literal_error": "is none of the allowed values",
}


def _kind(problem: ErrorDetails) -> str:
    if problem["type"] == "value_error":
        return problem["msg"].removeprefix("Value error, ")
    return _KINDS.get(problem["type"], "is of the wrong type")


def _place(problem: ErrorDetails, names: Mapping[str, str], context: Context) -> str:
    first, *parts = (str(part) for part in problem["loc"])
    if first == _DETAILS and parts:
        # Which of the two details it was is a step of pydantic's, not a field.
        parts = parts[1:]
    if problem["type"].startswith("union_tag"):
        parts.append("destinationType")
    shown = [names[first] if first in names else _shown(first, context)]
    shown += (_shown(part, context) for part in parts)
    return ".".join(filter(None, shown)) or "the body"


def _shown(part: str, context: Context) -> str:
    """A step of a place. An unknown key is the caller's own text: no more of it than a name needs. Redacted
    first, for a secret cut in half would no longer look like one.
    """
    if part in _FIELDS:
        return part
    return re.sub(r"[^!-~]", "?", context.redactor.text(part))[:_LONGEST_NAME]


_FIELDS = frozenset(
    field.alias
    for model in (
        ExportRequest,
        ExportImageViaObjectStorageTupleDetails,
        ExportImageViaObjectStorageUriDetails,
    )
    for field in model.model_fields.values()
)


def _token_in(document: Mapping[str, Any]) -> str:
    details = document.get(_DETAILS)
    uri = details.get("destinationUri") if isinstance(details, dict) else None
    return url.token_in(uri) if isinstance(uri, str) else ""
