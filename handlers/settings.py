"""The function's configuration: environment variables, read once for a container, every problem at once."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
)

from handlers import identifiers
from handlers.destinations import BUCKET, NAMESPACE, AllowList, ExportFormat, Place, object_name, parse_places
from handlers.errors import Misconfigured

# No more than a host has: the parser itself takes a backslash or a space for a part of it.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


_ANY_TOPIC = "ocid1.onstopic.oc1..any"


def _endpoint(value: str) -> str:
    try:
        url = urlsplit(value)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ValueError("is no URL") from None
    # The parser drops tabs and line ends, and others do not.
    if not value.isprintable():
        raise ValueError("is no URL")
    if url.username is not None or not _HOST.fullmatch(host):
        raise ValueError("must be a URL with a host's name or IPv4 address, and without user information")
    if url.path not in ("", "/") or "?" in value or "#" in value:
        raise ValueError("must be a base URL, without path, query or fragment")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise ValueError("must be https (http is for loopback only)")
    # Rebuilt from its parts, so that what was checked is what is called.
    return f"{url.scheme}://{host}" + (f":{port}" if port is not None else "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _topic(value: str) -> str:
    if not identifiers.is_ocid(value, "onstopic"):
        raise ValueError("must be the OCID of a notification topic")
    return value


def _bucket(value: str) -> str:
    if not value.strip("."):
        raise ValueError("must not be of dots alone")
    return value


def _template(value: str) -> str:
    object_name.check_template(value)
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _records(value: str) -> Place:
    place = Place.parse(value)
    # With the name of a record after it: the longest OCID, and an ending.
    object_name.check("/".join((*place.prefix, "x" * identifiers.LONGEST + ".json")))
    return place


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class Settings(BaseModel):
    """What the operator configured. Field aliases are the configuration keys."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    topic_id: Annotated[str, AfterValidator(_topic)] = Field(alias="TOPIC_ID")
    export_namespace: str | None = Field(None, alias="EXPORT_NAMESPACE", pattern=NAMESPACE)
    export_bucket: Annotated[str, AfterValidator(_bucket)] | None = Field(
        None, alias="EXPORT_BUCKET", pattern=BUCKET
    )
    export_object_name: Annotated[str, AfterValidator(_template)] = Field(
        "{image_name}-{event_time}-{image_suffix}.{extension}", alias="EXPORT_OBJECT_NAME"
    )
    export_format: Annotated[ExportFormat, BeforeValidator(_upper)] = Field("OCI", alias="EXPORT_FORMAT")
    allowed_destinations: Annotated[tuple[Place, ...], PlainValidator(parse_places)] = Field(
        (), alias="ALLOWED_DESTINATIONS"
    )
    export_records: Annotated[Place | None, PlainValidator(_records)] = Field(None, alias="EXPORT_RECORDS")
    par_fallback: bool = Field(True, alias="PAR_FALLBACK")
    par_hours: int = Field(24, alias="PAR_HOURS", ge=1, le=168)
    compute_endpoint: Endpoint | None = Field(None, alias="COMPUTE_ENDPOINT")
    notification_endpoint: Endpoint | None = Field(None, alias="NOTIFICATION_ENDPOINT")
    object_storage_endpoint: Endpoint | None = Field(None, alias="OBJECT_STORAGE_ENDPOINT")
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
    ] = Field("INFO", alias="LOG_LEVEL")

    @property
    def event_destination(self) -> tuple[str, str] | None:
        """Namespace and bucket that events export to, where configured."""
        if self.export_namespace and self.export_bucket:
            return self.export_namespace, self.export_bucket
        return None

    @property
    def allow_list(self) -> AllowList:
        """Where exports may go: the bucket of events as a whole, and what is listed; never to the records."""
        bucket = (Place(*self.event_destination),) if self.event_destination else ()
        return AllowList((*bucket, *self.allowed_destinations), self.export_records)


def read(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. An empty value counts as absent: OCI deletes such keys itself.

    Raises Misconfigured, which names every missing or wrong key and no value.
    """
    keys = {field.alias for field in Settings.model_fields.values()}
    given = {key: value.strip() for key, value in environment.items() if key in keys and value.strip()}
    problems: list[str] = []
    if ("EXPORT_NAMESPACE" in given) != ("EXPORT_BUCKET" in given):
        problems.append("EXPORT_NAMESPACE and EXPORT_BUCKET must be set together")
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        details = error.errors()
        problems += [_problem(detail["loc"], detail["type"], detail["msg"]) for detail in details]
        wrong = {str(detail["loc"][0]) for detail in details}
        # The rest may be wrong together, and has to be named as well.
        rest = {key: value for key, value in given.items() if key not in wrong}
        settings = Settings.model_validate({"TOPIC_ID": _ANY_TOPIC, **rest})
    problems += _problem_of_records(settings)
    if problems:
        raise Misconfigured("The function's configuration is wrong: " + "; ".join(problems) + ".")
    return settings


def _problem_of_records(settings: Settings) -> list[str]:
    """A caller who may write where records are could forge or destroy them."""
    records = settings.export_records
    if records is None:
        return []
    listed = settings.allow_list.places
    if not records.prefix and any(place[:2] == records[:2] for place in listed):
        return ["EXPORT_RECORDS needs an object prefix in a bucket that exports may go to"]
    if any(place.prefix and place.overlaps(records) for place in listed):
        return ["EXPORT_RECORDS and a prefix of ALLOWED_DESTINATIONS must not lie one inside the other"]
    return []


def _problem(place: tuple[int | str, ...], kind: str, text: str) -> str:
    if kind == "missing":
        return f"{place[0]} is missing"
    return f"{place[0]} {text.removeprefix('Value error, ').replace('Input should be', 'must be')}"
