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
NO_TOPIC = "must be the OCID of a notification topic"
HOST_NEEDED = "must be a URL with a host's name or IPv4 address, and without user information"
# What a key may not have, and what is said of it.
BAD: dict[str, dict[str, str]] = {
    "TOPIC_ID": {"ocid1.topic.oc1.iad.sesame": NO_TOPIC, "sesame": NO_TOPIC},
    "EXPORT_NAMESPACE": dict.fromkeys(
        ("sesame.x", "sesame" * 43), "must be 1 to 256 letters, digits, - and _"
    ),
    "EXPORT_BUCKET": {"sesame/x": "must be 1 to 256 letters, digits, -, _ and ., and not dots alone"},
    "EXPORT_OBJECT_NAME": {
        "{image_name.sesame}": "may use only {image_name}, {image_id}, {image_suffix}, {compartment_name}, "
        "{event_id}, {event_time}, {format}, {extension}",
        "{sesame": "has unbalanced braces",
        "sesame/../x": "must not have a segment that is . or ..",
    },
    "EXPORT_FORMAT": {"sesame": "must be one of QCOW2, VMDK, OCI, VHD, VDI"},
    "ALLOWED_DESTINATIONS": {
        "ns/b sesame": PLACES,
        "sesame/b/": "must not have an empty object-prefix; a whole bucket is namespace/bucket",
        "ns/b/../sesame": "must not have a segment that is . or ..",
    },
    "EXPORT_RECORDS": {
        "sesame": PLACES,
        "ns/../sesame": PLACES,
        "ns/b/./sesame": "must not have a segment that is . or ..",
        "ns/b/" + "sesame" * 128: "must be 1 to 1024 bytes of UTF-8",
    },
    "PAR_FALLBACK": {"sesame": "must be true or false"},
    "PAR_HOURS": dict.fromkeys(
        ("sesame", "0", "169", "1.5", "-1", "9" * 5000), "must be a whole number from 1 to 168"
    ),
    "COMPUTE_ENDPOINT": {
        "sesame": HOST_NEEDED,
        **dict.fromkeys(
            ("http://sesame.example", "ftp://127.0.0.1"),
            "must begin with https:// (http is for loopback only)",
        ),
        "https://sesame\t.example": "must be a URL",
    },
    "NOTIFICATION_ENDPOINT": {
        **dict.fromkeys(
            ("https://sesame.example/20181201", "https://sesame.example?", "https://sesame.example#"),
            "must be a base URL, without path, query or fragment",
        ),
        "https://sesame@host.example": HOST_NEEDED,
    },
    "OBJECT_STORAGE_ENDPOINT": {"https://host.example:sesame": "must be a URL"},
    "LOG_LEVEL": {"sesame": "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL"},
}


def problem(keys: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as refused:
        read(keys)
    return refused.value.message


def test_every_key_is_tried_here() -> None:
    names = [key.name for key in KEYS]
    assert set(names) == BAD.keys() == {*GOOD, *TOPIC, *EVENTS}


@pytest.mark.parametrize(("key", "text"), [(key, text) for key in GOOD for text in GOOD[key]])
def test_a_good_value_is_read(key: str, text: str | None) -> None:
    settings = read(TOPIC if text is None else {**TOPIC, key: f" {text}\n"})
    field = "allow_list" if key == "ALLOWED_DESTINATIONS" else key.lower()
    assert getattr(settings, field) == GOOD[key][text]


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_value_is_an_absent_one(empty: str) -> None:
    given = {**dict.fromkeys(GOOD, empty), **dict.fromkeys(EVENTS, empty), **TOPIC}
    assert read(given) == read({**TOPIC, "PATH": "/bin", "topic_id": "x"})


@pytest.mark.parametrize(("key", "text"), [(key, text) for key in BAD for text in BAD[key]])
def test_a_wrong_value_is_named_by_its_key_and_what_it_must_be(key: str, text: str) -> None:
    assert problem({**TOPIC, **EVENTS, key: text}) == f"{WRONG}{key} {BAD[key][text]}."


def test_every_problem_is_named_at_once() -> None:
    wrong = {key: next(iter(texts)) for key, texts in BAD.items()}
    del wrong["TOPIC_ID"], wrong["EXPORT_NAMESPACE"]
    expected = [f"{key} {BAD[key][text]}" for key, text in wrong.items()]
    assert problem(wrong) == (
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
        ("ns/b/records", "ns/b ns/c/records"),
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
