"""The request to export an image, whichever door it came through: one model, every problem named at once."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from handlers import redaction
from handlers.errors import InvalidParameter, MissingParameter
from handlers.exports import identifiers, object_url, retry_token
from handlers.exports import object_name as object_names
from handlers.exports.commands import StartExport, Trigger
from handlers.exports.destination import BUCKET, NAMESPACE, Destination, ExportFormat
from handlers.exports.object_url import ObjectStorageHosts
from handlers.exports.policy import Policy

_HEADER_VALUE = r"^[!-~]([ -~]*[!-~])?$"
_LONGEST_NAME = 64


class _Strict(BaseModel):
    """Wrong types are errors, and so is an unknown key: a misspelt one must not change what is exported."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )


class _Details(_Strict):
    export_format: ExportFormat = Field(
        "OCI",
        description="The format to export the image to. OCI: QCOW2 with Oracle Cloud Infrastructure "
        "metadata, for import into other tenancies and regions. QCOW2: QEMU Copy On Write. VDI: for Oracle "
        "VM VirtualBox. VHD: for Hyper-V. VMDK: Virtual Machine Disk.",
    )


class ExportImageViaObjectStorageTupleDetails(_Details):
    """A destination given by namespace, bucket and object name."""

    destination_type: Literal["objectStorageTuple"] = Field(description="How the destination is given.")
    namespace_name: str = Field(pattern=NAMESPACE, description="The Object Storage namespace.")
    bucket_name: str = Field(pattern=BUCKET, description="The bucket, in the image's own region.")
    object_name: str = Field(
        min_length=1,
        max_length=object_names.LONGEST_BYTES,
        description="The name of the exported object: 1 to 1024 bytes of UTF-8, without NUL, CR, LF, or a "
        "segment that is . or ..",
    )

    _check_name = field_validator("object_name")(object_names.check)

    def destination(self, _: ObjectStorageHosts) -> Destination:
        """Where to."""
        return Destination(self.namespace_name, self.bucket_name, self.object_name)


class ExportImageViaObjectStorageUriDetails(_Details):
    """A destination given by an Object Storage URL, which may be a pre-authenticated request's."""

    destination_type: Literal["objectStorageUri"] = Field(description="How the destination is given.")
    destination_uri: str = Field(
        description="The Object Storage URL to export the image to, percent-encoded: "
        "https://{host}/n/{namespace}/b/{bucket}/o/{object}, or the same behind /p/{token}, the secret of a "
        "pre-authenticated request. No user, query or fragment."
    )

    @field_validator("destination_uri")
    @classmethod
    def _check_uri(cls, value: str, info: ValidationInfo[Any]) -> str:
        object_url.parse(value, cast("ObjectStorageHosts", info.context))
        return value

    def destination(self, hosts: ObjectStorageHosts) -> Destination:
        """Where to."""
        return object_url.parse(self.destination_uri, hosts)


ExportImageDetails = Annotated[
    ExportImageViaObjectStorageTupleDetails | ExportImageViaObjectStorageUriDetails,
    Field(discriminator="destination_type"),
]


class ExportRequest(_Strict):
    """What all doors ask for. The field aliases are the keys of a direct call."""

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


def validate(
    document: Mapping[str, Any], hosts: ObjectStorageHosts, names: Mapping[str, str] | None = None
) -> ExportRequest:
    """The checked request. ``names``: what the caller calls a field, where it isn't the field's own name.

    Raises MissingParameter or InvalidParameter, which name every problem by its field and repeat no value.
    """
    try:
        return ExportRequest.model_validate(document, context=hosts)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    text = "; ".join(f"{_place(problem, names or {})} {_kind(problem)}" for problem in problems)
    only_missing = all(problem["type"] in _MISSING for problem in problems)
    raise (MissingParameter if only_missing else InvalidParameter)(f"{text}.")


def command(request: ExportRequest, trigger: Trigger, policy: Policy) -> StartExport:
    """The export that a checked request asks for. Raises NotAllowed for an unlisted destination."""
    destination = request.export_image_details.destination(policy.hosts)
    # A caller's pre-authenticated request is a secret as ours are, wherever a service may quote it.
    redaction.learn(destination.par_token)
    return StartExport(
        request.image_id,
        policy.allow_list.check(destination),
        request.export_image_details.export_format,
        request.opc_retry_token or retry_token.for_call(trigger.id),
        trigger,
        request.if_match,
        request.dry_run,
    )


_TAGS = ("objectStorageTuple", "objectStorageUri")
_MISSING = ("missing", "union_tag_not_found")
_KINDS = {
    "missing": "is missing",
    "union_tag_not_found": "is missing",
    "union_tag_invalid": f"must be one of {', '.join(_TAGS)}",
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


def _place(problem: ErrorDetails, names: Mapping[str, str]) -> str:
    # The tag of the union is a step of pydantic's, not a field; where it is missing, its field is meant.
    parts = [str(part) for part in problem["loc"] if part not in _TAGS]
    if problem["type"].startswith("union_tag"):
        parts.append("destinationType")
    parts[0] = names.get(parts[0], parts[0])
    # An unknown key is the caller's own text: no more of it than a name needs. Redacted first, for a secret
    # cut in half would no longer look like one.
    place = redaction.redact(".".join(filter(None, parts)))
    return re.sub(r"[^!-~]", "?", place)[:_LONGEST_NAME] or "the body"
