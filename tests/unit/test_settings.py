"""The configuration, key by key: every problem at once, by its key and never by its value."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.destinations import AllowList, Destination, Place
from handlers.errors import Misconfigured
from handlers.settings import KEYS, read
from tests.security.spellings import misspelt

TOPIC_ID = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaaexports"
TOPIC = {"TOPIC_ID": TOPIC_ID}
EVENTS = {"EXPORT_NAMESPACE": "acme", "EXPORT_BUCKET": "exports"}
WRONG = "The function's configuration is wrong: "
# What a key may have; the first is its default.
GOOD: dict[str, dict[str | None, Any]] = {
    "EXPORT_OBJECT_NAME": {
        None: "{image_name}-{event_time}-{image_suffix}.{extension}",
        "daily/{image_id}.{extension}": "daily/{image_id}.{extension}",
    },
    "EXPORT_FORMAT": {None: "OCI", "QCOW2": "QCOW2", "vmdk": "VMDK"},
    "ALLOWED_DESTINATIONS": {
        None: AllowList(),
        "ns/b, ns/c/x": AllowList((Place("ns", "b"), Place("ns", "c", ("x",)))),
    },
    "EXPORT_RECORDS": {None: None, "ns/b/": Place("ns", "b"), "ns/b/a/b/": Place("ns", "b", ("a", "b"))},
    "PAR_FALLBACK": {
        None: True,
        **dict.fromkeys(("true", "TRUE", "1", "yes", "On", "t", "y"), True),
        **dict.fromkeys(("false", "False", "0", "no", "OFF", "f", "n"), False),
    },
    "PAR_HOURS": {None: 24, "1": 1, "168": 168},
    "COMPUTE_ENDPOINT": {
        None: None,
        "https://iaas.cloud.example": "https://iaas.cloud.example",
        "https://IAAS.cloud.example:8443/": "https://iaas.cloud.example:8443",
    },
    "NOTIFICATION_ENDPOINT": {None: None, "http://127.0.0.1:8080": "http://127.0.0.1:8080"},
    "OBJECT_STORAGE_ENDPOINT": {None: None, "http://localhost:8080/": "http://localhost:8080"},
    "LOG_LEVEL": {None: "INFO", "debug": "DEBUG", "CRITICAL": "CRITICAL"},
}
PLACES = "must be namespace/bucket or namespace/bucket/object-prefix"
DOTS = "must not have a segment that is . or .."
EMPTY_PREFIX = "must not have an empty object-prefix; a whole bucket is namespace/bucket"
HOST_NEEDED = "must be a URL with a host's name or IPv4 address, and without user information"
PLACEHOLDERS_ONLY = (
    "may use only {image_name}, {image_id}, {image_suffix}, {compartment_name}, {event_id}, {event_time}, "
    "{format}, {extension}"
)
BASE_NEEDED = "must be a base URL, without path, query or fragment"
HTTPS_NEEDED = "must begin with https:// (http is for loopback only)"
# What is said of a wrong value of a key, and such values.
BAD: list[tuple[str, str, *tuple[str, ...]]] = [
    ("TOPIC_ID", "must be the OCID of a notification topic", "ocid1.topic.oc1.iad.sesame", "sesame"),
    ("EXPORT_NAMESPACE", "must be 1 to 256 letters, digits, - and _", "sesame.x", "sesame" * 43),
    ("EXPORT_BUCKET", "must be 1 to 256 letters, digits, -, _ and ., and not dots alone", "sesame/x"),
    ("EXPORT_OBJECT_NAME", PLACEHOLDERS_ONLY, "{image_name.sesame}"),
    ("EXPORT_OBJECT_NAME", "has unbalanced braces", "{sesame"),
    ("EXPORT_OBJECT_NAME", DOTS, "sesame/../x"),
    ("EXPORT_FORMAT", "must be one of QCOW2, VMDK, OCI, VHD, VDI", "sesame"),
    ("ALLOWED_DESTINATIONS", PLACES, "ns/b sesame"),
    ("ALLOWED_DESTINATIONS", EMPTY_PREFIX, "sesame/b/"),
    ("ALLOWED_DESTINATIONS", DOTS, "ns/b/../sesame"),
    ("EXPORT_RECORDS", PLACES, "sesame", "ns/../sesame"),
    ("EXPORT_RECORDS", DOTS, "ns/b/./sesame"),
    ("EXPORT_RECORDS", "must be 1 to 1024 bytes of UTF-8", "ns/b/" + "sesame" * 128),
    ("PAR_FALLBACK", "must be true or false", "sesame"),
    ("PAR_HOURS", "must be a whole number from 1 to 168", "sesame", "0", "169", "1.5", "-1", "9" * 5000),
    ("COMPUTE_ENDPOINT", HOST_NEEDED, "sesame"),
    ("COMPUTE_ENDPOINT", HTTPS_NEEDED, "http://sesame.example", "ftp://127.0.0.1"),
    ("COMPUTE_ENDPOINT", "must be a URL", "https://sesame\t.example"),
    (
        "NOTIFICATION_ENDPOINT",
        BASE_NEEDED,
        *(f"https://sesame{end}" for end in ("/20181201", "?", "#")),
    ),
    ("NOTIFICATION_ENDPOINT", HOST_NEEDED, "https://sesame@host.example"),
    ("OBJECT_STORAGE_ENDPOINT", "must be a URL", "https://host.example:sesame"),
    ("LOG_LEVEL", "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL", "sesame"),
]


def problem(keys: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as refused:
        read(keys)
    return refused.value.message


def test_every_key_is_tried_here() -> None:
    names = [key.name for key in KEYS]
    assert set(names) == {key for key, *_ in BAD} == {*GOOD, *TOPIC, *EVENTS}


@pytest.mark.parametrize(("key", "text"), [(key, text) for key in GOOD for text in GOOD[key]])
def test_a_good_value_is_read(key: str, text: str | None) -> None:
    settings = read(TOPIC if text is None else {**TOPIC, key: f" {text}\n"})
    field = "allow_list" if key == "ALLOWED_DESTINATIONS" else key.lower()
    assert getattr(settings, field) == GOOD[key][text]


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_value_is_an_absent_one(empty: str) -> None:
    given = {**dict.fromkeys(GOOD, empty), **dict.fromkeys(EVENTS, empty), **TOPIC}
    assert read(given) == read({**TOPIC, "PATH": "/bin", "topic_id": "x"})


@pytest.mark.parametrize(
    ("key", "why", "text"), [(key, why, text) for key, why, *texts in BAD for text in texts]
)
def test_a_wrong_value_is_named_by_its_key_and_what_it_must_be(key: str, why: str, text: str) -> None:
    assert problem({**TOPIC, **EVENTS, key: text}) == f"{WRONG}{key} {why}."


def test_every_problem_is_named_at_once() -> None:
    # Of a key with several, the last. The first two are missing.
    wrong = {key: (why, text) for key, why, text, *_ in BAD[2:]}
    expected = [f"{key} {why}" for key, (why, _) in wrong.items()]
    assert problem({key: text for key, (_, text) in wrong.items()}) == (
        f"{WRONG}TOPIC_ID is missing; {'; '.join(expected)}; "
        "EXPORT_NAMESPACE and EXPORT_BUCKET must be set together."
    )


@pytest.mark.parametrize("key", EVENTS)
def test_half_a_destination_for_events_is_none(key: str) -> None:
    message = problem({**TOPIC, key: "x"})
    assert message == f"{WRONG}EXPORT_NAMESPACE and EXPORT_BUCKET must be set together."


def test_the_bucket_of_events_is_allowed_as_a_whole_beside_what_is_listed() -> None:
    settings = read({**TOPIC, **EVENTS, "ALLOWED_DESTINATIONS": "ns/b/x", "EXPORT_RECORDS": "ns/b/records"})
    listed = (Place("acme", "exports"), Place("ns", "b", ("x",)))
    assert settings.allow_list == AllowList(listed, Place("ns", "b", ("records",)))
    assert settings.event_destination == ("acme", "exports")
    assert read(TOPIC).event_destination is None


PREFIX_NEEDED = "EXPORT_RECORDS needs an object prefix in a bucket that exports may go to"
NESTED = "EXPORT_RECORDS and a prefix of ALLOWED_DESTINATIONS must not lie one inside the other"


@pytest.mark.parametrize(
    ("records", "listed", "why"),
    [
        ("acme/exports", "", PREFIX_NEEDED),
        ("ns/b", "ns/b", PREFIX_NEEDED),
        ("ns/b", "ns/b/images", PREFIX_NEEDED),
        ("ns/b/images", "ns/b/images", NESTED),
        ("ns/b/images/records", "ns/b/images", NESTED),
        ("ns/b/%69mages/records", "ns/b/images", NESTED),
        ("ns/b/images", "ns/b/images/golden", NESTED),
        ("acme/exports/records", "acme/exports/records/x", NESTED),
    ],
)
def test_no_export_may_reach_the_records(records: str, listed: str, why: str) -> None:
    given = {**EVENTS, "EXPORT_RECORDS": records, "ALLOWED_DESTINATIONS": listed}
    assert problem({**TOPIC, **given}) == f"{WRONG}{why}."
    # Also beside what is wrong by itself.
    assert problem({**given, "PAR_HOURS": "0"}).endswith(f"; {why}.")


@pytest.mark.parametrize(
    ("records", "listed"),
    [
        ("acme/exports/records", ""),
        ("acme/records", "acme/exports/images"),
        ("ns/b/records", "ns/b ns/c/records other/b/records ns/b/x/records"),
        ("ns/b/images", "ns/b/images-old"),
    ],
)
def test_records_may_lie_beside_the_exports(records: str, listed: str) -> None:
    settings = read({**TOPIC, **EVENTS, "EXPORT_RECORDS": records, "ALLOWED_DESTINATIONS": listed})
    assert settings.allow_list.check(Destination("acme", "exports", "records.oci"))


ENDPOINTS = ("COMPUTE_ENDPOINT", "NOTIFICATION_ENDPOINT", "OBJECT_STORAGE_ENDPOINT")
BASES = (
    *("https://iaas.eu-frankfurt-1.oraclecloud.com", "https://iaas.example:8443", "https://10.0.0.1"),
    *("http://iaas.example", "http://localhost", "http://127.0.0.1:8080"),
    *("http://localhost.evil.example", "http://127.0.0.1.evil.example"),
    *("http://0.0.0.0", "http://2130706433", "http://0x7f.1", "http://[::1]"),
)


@given(st.sampled_from(ENDPOINTS), misspelt(st.sampled_from(BASES), most=2) | st.text())
def test_an_accepted_endpoint_is_https_or_loopback_and_read_alike_by_others(key: str, text: str) -> None:
    try:
        endpoint = getattr(read({**TOPIC, key: text}), key.lower())
    except Misconfigured as refused:
        assert refused.message.startswith(f"{WRONG}{key} must be")  # noqa: PT017  # either way is right
        return
    if endpoint is None:
        assert not text.strip()
        return
    url, given_url = parse_url(endpoint), parse_url(text.strip())
    assert (url.auth, url.path, url.query, url.fragment) == (None, None, None, None)
    assert (url.scheme, url.host, url.port) == (given_url.scheme, given_url.host, given_url.port)
    if url.scheme != "https":
        assert url.scheme == "http"
        assert url.host == "localhost" or ipaddress.ip_address(str(url.host)).is_loopback
