"""The function's configuration: environment variables, read once for a container, every problem at once."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit

from handlers.destinations import AllowList, ExportFormat, Place, parse_places
from handlers.errors import Misconfigured
from handlers.names import LONGEST, check_bucket, check_namespace, check_object_name, check_template, is_ocid

# No more than a host has: the parser itself takes a backslash or a space for a part of it.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_TRUE, _FALSE = ("true", "1", "yes", "on", "t", "y"), ("false", "0", "no", "off", "f", "n")
_LONGEST_HOURS = 168


class Settings(NamedTuple):
    """What the operator configured. A field is the key of its name in small letters, but for two.

    ``event_destination``: namespace and bucket that events export to, where configured. ``allow_list``: that
    bucket as a whole, and what ALLOWED_DESTINATIONS lists; never the records.
    """

    topic_id: str
    event_destination: tuple[str, str] | None
    export_object_name: str
    export_format: ExportFormat
    allow_list: AllowList
    export_records: Place | None
    par_fallback: bool
    par_hours: int
    compute_endpoint: str | None
    notification_endpoint: str | None
    object_storage_endpoint: str | None
    log_level: str


class Key(NamedTuple):
    """A key of the configuration. ``parse``: its value out of the text, or ValueError saying what it must be.
    ``default``: its value where it is absent.
    """

    name: str
    parse: Callable[[str], Any]
    default: Any = None
    is_required: bool = False


def read(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. An empty value counts as absent: OCI deletes such keys itself.

    Raises Misconfigured, which names every missing or wrong key and no value.
    """
    given = {key.name: environment.get(key.name, "").strip() for key in KEYS}
    values: dict[str, Any] = {key.name.lower(): key.default for key in KEYS}
    problems: list[str] = []
    for name, parse, _, is_required in KEYS:
        try:
            if given[name]:
                values[name.lower()] = parse(given[name])
            elif is_required:
                problems.append(f"{name} is missing")
        except ValueError as error:
            problems.append(f"{name} {error}")
    if bool(given["EXPORT_NAMESPACE"]) != bool(given["EXPORT_BUCKET"]):
        problems.append("EXPORT_NAMESPACE and EXPORT_BUCKET must be set together")
    settings = _settings(values)
    # What is right by itself may be wrong together.
    problems += _problem_of_records(settings.allow_list)
    if problems:
        raise Misconfigured("The function's configuration is wrong: " + "; ".join(problems) + ".")
    return settings


def _settings(values: dict[str, Any]) -> Settings:
    listed, *of_events = map(values.pop, ("allowed_destinations", "export_namespace", "export_bucket"))
    places = (Place(*of_events), *listed) if all(of_events) else listed
    return Settings(
        **values,
        event_destination=(of_events[0], of_events[1]) if all(of_events) else None,
        allow_list=AllowList(places, values["export_records"]),
    )


def _problem_of_records(allow_list: AllowList) -> list[str]:
    """A caller who may write where records are could forge or destroy them."""
    places, records = allow_list
    if records and not records.prefix and any(place[:2] == records[:2] for place in places):
        return ["EXPORT_RECORDS needs an object prefix in a bucket that exports may go to"]
    if records and any(place.prefix and place.overlaps(records) for place in places):
        return ["EXPORT_RECORDS and a prefix of ALLOWED_DESTINATIONS must not lie one inside the other"]
    return []


def _topic(text: str) -> str:
    if not is_ocid(text, "onstopic"):
        raise ValueError("must be the OCID of a notification topic")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.upper() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text.upper()

    return parse


def _records(text: str) -> Place:
    place = Place.parse(text)
    # With the name of a record after it: the longest OCID, and an ending.
    check_object_name("/".join((*place.prefix, "x" * LONGEST + ".json")))
    return place


def _boolean(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("must be true or false")
    return text.lower() in _TRUE


def _hours(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= _LONGEST_HOURS:
        raise ValueError(f"must be a whole number from 1 to {_LONGEST_HOURS}")
    return int(text)


def _endpoint(text: str) -> str:
    # The parser drops tabs and line ends, and others do not.
    if not text.isprintable():
        raise ValueError("must be a URL")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ValueError("must be a URL") from None
    if url.username is not None or not _HOST.fullmatch(host):
        raise ValueError("must be a URL with a host's name or IPv4 address, and without user information")
    if url.path not in ("", "/") or "?" in text or "#" in text:
        raise ValueError("must be a base URL, without path, query or fragment")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise ValueError("must begin with https:// (http is for loopback only)")
    # Rebuilt from its parts, so that what was checked is what is called.
    return f"{url.scheme}://{host}" + (f":{port}" if port is not None else "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return host == "localhost"


KEYS = (
    Key("TOPIC_ID", _topic, is_required=True),
    Key("EXPORT_NAMESPACE", check_namespace),
    Key("EXPORT_BUCKET", check_bucket),
    Key("EXPORT_OBJECT_NAME", check_template, "{image_name}-{event_time}-{image_suffix}.{extension}"),
    Key("EXPORT_FORMAT", _one_of(*get_args(ExportFormat)), "OCI"),
    Key("ALLOWED_DESTINATIONS", parse_places, ()),
    Key("EXPORT_RECORDS", _records),
    Key("PAR_FALLBACK", _boolean, True),
    Key("PAR_HOURS", _hours, 24),
    Key("COMPUTE_ENDPOINT", _endpoint),
    Key("NOTIFICATION_ENDPOINT", _endpoint),
    Key("OBJECT_STORAGE_ENDPOINT", _endpoint),
    Key("LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO"),
)
