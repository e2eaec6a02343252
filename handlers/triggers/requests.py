"""What callers ask for, validated: an export, whoever brought the request, and a catch-up.

The one module that imports pydantic: a container that serves events alone never loads it. Every problem is
named at once by its field, and never by its value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from handlers.context import Context
from handlers.destinations import Destination, ExportFormat, url
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl
from handlers.errors import InvalidParameter, MissingParameter
from handlers.names import check_bucket, check_namespace, check_object_name, is_ocid
from handlers.operations.export_image import Export, token_of_call
from handlers.redaction import Redactor

LONGEST_RETRY_TOKEN = 64
HEADER_VALUE = "^[!-~]([ -~]*[!-~])?$"
_LONGEST_NAME = 64
_DETAILS = "exportImageDetails"


def export_request(
    document: Mapping[str, Any], context: Context, names: Mapping[str, str] = {}
) -> tuple[Export, bool]:
    """The export that a request asks for, and whether it is a dry run. Without a retry token of the caller's,
    it has the call's. The token of a URL becomes a secret of the invocation, also where the URL is refused.

    ``document`` has the keys of a direct call. ``names``: what the caller calls a key, where it has another
    name; empty for what is the body itself. Raises MissingParameter or InvalidParameter.
    """
    try:
        call = ExportCall.model_validate(document, context=context.hosts)
    except ValidationError as error:
        context.redactor.add(_token_in(document))
        raise _refusal(error, context.redactor, names) from None
    details, object_url = call.export_image_details, None
    if isinstance(details, ExportImageViaObjectStorageUriDetails):
        object_url = details.destination_uri
        context.redactor.add(object_url.token)
    export = Export(
        call.image_id,
        details.destination,
        details.export_format,
        call.opc_retry_token or token_of_call(context.call_id),
        "caller" if call.opc_retry_token else "call",
        call.if_match,
        url=object_url,
    )
    return export, call.dry_run


def catch_up_request(document: Mapping[str, Any], context: Context) -> tuple[str, str | None, bool]:
    """The catch-up that a direct call asks for: compartment, its name, and whether it is a dry run.

    Raises MissingParameter or InvalidParameter.
    """
    needs_name = "{compartment_name}" in context.settings.export_object_name
    model = CatchUpCallWithName if needs_name else CatchUpCall
    try:
        asked = model.model_validate(document).catch_up
    except ValidationError as error:
        raise _refusal(error, context.redactor, {}) from None
    return asked.compartment_id, asked.compartment_name, asked.dry_run


def _parse_url(value: object, info: ValidationInfo[ObjectStorageHosts]) -> ObjectUrl:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return url.parse(value, info.context)


def _checked(is_right: Callable[[str], object], otherwise: str) -> AfterValidator:
    """What validates a text. ``otherwise``: what a wrong one must be."""

    def check(value: str) -> str:
        if not is_right(value):
            raise ValueError(otherwise)
        return value

    return AfterValidator(check)


_PLAIN = "printable ASCII, without white space at its ends"
Image = Annotated[str, _checked(lambda text: is_ocid(text, "image"), "must be the OCID of an image")]
Compartment = Annotated[
    str,
    _checked(
        lambda text: is_ocid(text, "compartment") or is_ocid(text, "tenancy"),
        "must be the OCID of a compartment or a tenancy",
    ),
]
Name = Annotated[str, _checked(bool, "must not be empty")]
HeaderValue = Annotated[str, _checked(re.compile(HEADER_VALUE).fullmatch, f"must be {_PLAIN}")]
RetryToken = Annotated[
    str,
    _checked(
        lambda text: len(text) <= LONGEST_RETRY_TOKEN and re.fullmatch(HEADER_VALUE, text),
        f"must be 1 to {LONGEST_RETRY_TOKEN} characters of {_PLAIN}",
    ),
]


class _Strict(BaseModel):
    """Wrong types are errors, and so is an unknown key: a misspelt one must not change what is exported."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )


class ExportImageViaObjectStorageTupleDetails(_Strict):
    """A destination given by namespace, bucket and object name."""

    export_format: ExportFormat = "OCI"
    destination_type: Literal["objectStorageTuple"]
    namespace_name: Annotated[str, AfterValidator(check_namespace)]
    bucket_name: Annotated[str, AfterValidator(check_bucket)]
    object_name: Annotated[str, AfterValidator(check_object_name)]

    @property
    def destination(self) -> Destination:
        return Destination(self.namespace_name, self.bucket_name, self.object_name)


class ExportImageViaObjectStorageUriDetails(_Strict):
    """A destination given by an Object Storage URL, which may be a pre-authenticated request's."""

    export_format: ExportFormat = "OCI"
    destination_type: Literal["objectStorageUri"]
    destination_uri: Annotated[ObjectUrl, PlainValidator(_parse_url, json_schema_input_type=str)]

    @property
    def destination(self) -> Destination:
        return self.destination_uri.destination


class ExportCall(_Strict):
    """The body of a direct call for an export; a gateway's is put together in the same form."""

    image_id: Image
    export_image_details: Annotated[
        ExportImageViaObjectStorageTupleDetails | ExportImageViaObjectStorageUriDetails,
        Field(discriminator="destination_type"),
    ]
    if_match: HeaderValue | None = None
    opc_retry_token: RetryToken | None = None
    dry_run: bool = False


class CatchUpDetails(_Strict):
    """The compartment whose images are caught up with."""

    compartment_id: Compartment
    compartment_name: Name | None = None
    dry_run: bool = False


class CatchUpDetailsWithName(CatchUpDetails):
    """The same where object names have the compartment's name in them."""

    compartment_name: Name


class CatchUpCall(_Strict):
    """The body of a direct call for a catch-up."""

    catch_up: CatchUpDetails


class CatchUpCallWithName(CatchUpCall):
    """The same with the compartment's name."""

    catch_up: CatchUpDetailsWithName


_KINDS = {
    "missing": "is missing",
    "union_tag_not_found": "is missing",
    "union_tag_invalid": "must be one of objectStorageTuple, objectStorageUri",
    "literal_error": "must be one of {expected}",
    "extra_forbidden": "is unknown",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
}
_MISSING = ("missing", "union_tag_not_found")
_FIELDS = frozenset(
    field.alias
    for model in (
        ExportCall,
        ExportImageViaObjectStorageTupleDetails,
        ExportImageViaObjectStorageUriDetails,
        CatchUpCall,
        CatchUpDetails,
    )
    for field in model.model_fields.values()
)


def _refusal(
    error: ValidationError, redactor: Redactor, names: Mapping[str, str]
) -> MissingParameter | InvalidParameter:
    problems = error.errors(include_url=False, include_input=False)
    text = "; ".join(f"{_place(problem, names, redactor)} {_kind(problem)}" for problem in problems)
    only_missing = all(problem["type"] in _MISSING for problem in problems)
    return (MissingParameter if only_missing else InvalidParameter)(f"{text}.")


def _kind(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return str(context["error"])
    # Pydantic writes 'A', 'B' or 'C'.
    expected = str(context.get("expected")).replace("'", "").replace(" or ", ", ")
    return _KINDS.get(problem["type"], "must be an object").format(expected=expected)


def _place(problem: ErrorDetails, names: Mapping[str, str], redactor: Redactor) -> str:
    first, *parts = map(str, problem["loc"])
    if first == _DETAILS and parts:
        # Which of the two details it was is a step of pydantic's, not a field.
        parts = parts[1:]
    if problem["type"].startswith("union_tag"):
        parts.append("destinationType")
    shown = (_shown(part, redactor) for part in (names.get(first, first), *parts))
    return ".".join(filter(None, shown)) or "the body"


def _shown(part: str, redactor: Redactor) -> str:
    """A field's name. An unknown key is the caller's own text: no more of it than a name needs. Redacted
    first, for part of a secret is not recognised as one.
    """
    if part in _FIELDS:
        return part
    return re.sub(r"[^!-~]", "?", redactor.text(part))[:_LONGEST_NAME]


def _token_in(document: Mapping[str, Any]) -> str:
    details = document.get(_DETAILS)
    uri = details.get("destinationUri") if isinstance(details, dict) else None
    return url.token_in(uri) if isinstance(uri, str) else ""
