"""The configuration: the contract's table, key by key, and every problem at once."""

from typing import Any

import pytest

from handlers.destinations import Destination, Place
from handlers.errors import Misconfigured, NotAllowed
from handlers.settings import Settings, read
from tests.fakes import TOPIC_ID

TOPIC = {"TOPIC_ID": TOPIC_ID}
DEFAULTS: dict[str, Any] = {
    "EXPORT_NAMESPACE": None,
    "EXPORT_BUCKET": None,
    "EXPORT_OBJECT_NAME": "{image_name}-{event_time}-{image_suffix}.{extension}",
    "EXPORT_FORMAT": "OCI",
    "ALLOWED_DESTINATIONS": (),
    "EXPORT_RECORDS": None,
    "PAR_FALLBACK": True,
    "PAR_HOURS": 24,
    "COMPUTE_ENDPOINT": None,
    "NOTIFICATION_ENDPOINT": None,
    "OBJECT_STORAGE_ENDPOINT": None,
    "LOG_LEVEL": "INFO",
}
EVENTS = {"EXPORT_NAMESPACE": "acme", "EXPORT_BUCKET": "exports"}


def problem(**keys: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        read({**TOPIC, **keys})
    return refused.value.message


def test_the_keys_are_the_contracts() -> None:
    assert {field.alias for field in Settings.model_fields.values()} == {"TOPIC_ID", *DEFAULTS}


@pytest.mark.parametrize(("key", "value"), DEFAULTS.items())
@pytest.mark.parametrize("empty", [None, "", "  ", "\n"])
def test_a_key_that_is_absent_or_empty_has_its_default(key: str, value: object, empty: str | None) -> None:
    given = TOPIC if empty is None else {**TOPIC, key: empty}
    assert getattr(read(given), key.lower()) == value


def test_a_missing_topic_is_named() -> None:
    with pytest.raises(Misconfigured, match=r"wrong: TOPIC_ID is missing\.$"):
        read({})


def test_other_variables_of_the_environment_are_not_read() -> None:
    assert read({**TOPIC, "PATH": "/bin", "topic_id": "x", "EXPORT": "y"}) == read(TOPIC)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("TOPIC_ID", f" {TOPIC_ID}\n", TOPIC_ID),
        ("EXPORT_OBJECT_NAME", "daily/{image_id}.{extension}", "daily/{image_id}.{extension}"),
        ("EXPORT_FORMAT", "QCOW2", "QCOW2"),
        ("EXPORT_FORMAT", "vmdk", "VMDK"),
        ("ALLOWED_DESTINATIONS", "ns/b, ns/c/x", (Place("ns", "b"), Place("ns", "c", ("x",)))),
        ("EXPORT_RECORDS", "ns/b", Place("ns", "b")),
        ("EXPORT_RECORDS", "ns/b/a/b", Place("ns", "b", ("a", "b"))),
        ("PAR_FALLBACK", "false", False),
        ("PAR_FALLBACK", "TRUE", True),
        ("PAR_FALLBACK", "0", False),
        ("PAR_HOURS", "1", 1),
        ("PAR_HOURS", "168", 168),
        ("COMPUTE_ENDPOINT", "https://iaas.cloud.example", "https://iaas.cloud.example"),
        ("COMPUTE_ENDPOINT", "https://IAAS.cloud.example:8443/", "https://iaas.cloud.example:8443"),
        ("NOTIFICATION_ENDPOINT", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("OBJECT_STORAGE_ENDPOINT", "http://localhost:8080/", "http://localhost:8080"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LOG_LEVEL", "CRITICAL", "CRITICAL"),
    ],
)
def test_a_good_value_is_read(key: str, text: str, value: object) -> None:
    assert getattr(read({**TOPIC, key: text}), key.lower()) == value


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("TOPIC_ID", "ocid1.topic.oc1.iad.aaaa", "must be the OCID of a notification topic"),
        ("TOPIC_ID", "sesame", "must be the OCID of a notification topic"),
        ("EXPORT_OBJECT_NAME", "{image_name.sesame}", "may use only {image_name}, "),
        ("EXPORT_OBJECT_NAME", "{sesame", "unbalanced braces"),
        ("EXPORT_OBJECT_NAME", "sesame/../x", "segment"),
        ("EXPORT_FORMAT", "sesame", "must be 'QCOW2', 'VMDK', 'OCI', 'VHD' or 'VDI'"),
        ("ALLOWED_DESTINATIONS", "ns/b sesame", "must be namespace/bucket"),
        ("ALLOWED_DESTINATIONS", "ns/b/../sesame", "segment"),
        ("EXPORT_RECORDS", "sesame", "must be namespace/bucket"),
        ("EXPORT_RECORDS", "ns/sesame/..", "segment"),
        ("EXPORT_RECORDS", "ns/../sesame", "must be namespace/bucket"),
        ("EXPORT_RECORDS", "ns/b/./sesame", "segment"),
        ("EXPORT_RECORDS", "ns/b/" + "sesame" * 128, "must be 1 to 1024 bytes"),
        ("PAR_FALLBACK", "sesame", "must be a valid boolean"),
        ("PAR_HOURS", "sesame", "must be a valid integer"),
        ("PAR_HOURS", "0", "must be greater than or equal to 1"),
        ("PAR_HOURS", "169", "must be less than or equal to 168"),
        ("PAR_HOURS", "1.5", "must be a valid integer"),
        ("COMPUTE_ENDPOINT", "sesame", "must be"),
        ("COMPUTE_ENDPOINT", "http://sesame.example", "must be https"),
        ("COMPUTE_ENDPOINT", "ftp://127.0.0.1", "must be https"),
        ("COMPUTE_ENDPOINT", "https://sesame\t.example", "is no URL"),
        ("NOTIFICATION_ENDPOINT", "https://sesame.example/20181201", "without path, query or fragment"),
        ("NOTIFICATION_ENDPOINT", "https://sesame@host.example", "without user information"),
        ("OBJECT_STORAGE_ENDPOINT", "https://host.example:sesame", "is no URL"),
        ("LOG_LEVEL", "sesame", "must be 'DEBUG', "),
    ],
)
def test_a_wrong_value_is_named_by_its_key_and_never_repeated(key: str, text: str, why: str) -> None:
    message = problem(**{key: text})
    assert f"{key} " in message
    assert why in message
    assert "sesame" not in message


@pytest.mark.parametrize("key", EVENTS)
def test_half_a_destination_for_events_is_none(key: str) -> None:
    assert problem(**{key: "x"}).endswith(": EXPORT_NAMESPACE and EXPORT_BUCKET must be set together.")


@pytest.mark.parametrize(
    ("namespace", "bucket", "wrong"),
    [
        ("a/b", "exports", "EXPORT_NAMESPACE"),
        ("a.b", "exports", "EXPORT_NAMESPACE"),
        ("a" * 257, "exports", "EXPORT_NAMESPACE"),
        ("acme", "a/b", "EXPORT_BUCKET"),
        ("acme", "a" * 257, "EXPORT_BUCKET"),
        ("acme", "..", "EXPORT_BUCKET"),
    ],
)
def test_names_that_object_storage_does_not_have_are_refused(namespace: str, bucket: str, wrong: str) -> None:
    assert f"{wrong} " in problem(EXPORT_NAMESPACE=namespace, EXPORT_BUCKET=bucket)


def test_the_destination_of_events_is_both_names_or_none() -> None:
    given = read({**TOPIC, "EXPORT_NAMESPACE": "acme-1", "EXPORT_BUCKET": "my.bucket_1"})
    assert given.event_destination == ("acme-1", "my.bucket_1")
    assert read(TOPIC).event_destination is None


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (EVENTS, "acme/exports/any/thing.oci"),
        ({**EVENTS, "ALLOWED_DESTINATIONS": "ns/b"}, "acme/exports/x"),
        ({"ALLOWED_DESTINATIONS": "ns/b/images"}, "ns/b/images/a.oci"),
    ],
)
def test_exports_may_go_to_the_events_bucket_and_to_listed_places(keys: dict[str, str], place: str) -> None:
    destination = Destination(*place.split("/", 2))
    assert read({**TOPIC, **keys}).allow_list.check(destination) is destination


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(NotAllowed):
        read(TOPIC).allow_list.check(Destination("acme", "exports", "x"))


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
    message = problem(**EVENTS, EXPORT_RECORDS=records, ALLOWED_DESTINATIONS=listed)
    assert message == f"The function's configuration is wrong: {why}."


@pytest.mark.parametrize(
    ("records", "listed"),
    [
        ("acme/exports/records", ""),
        ("acme/records", "acme/exports/images"),
        ("ns/b/records", "ns/b"),
        ("ns/b/records", "ns/b/images ns/c/records"),
        ("ns/b/images", "ns/b/images-old"),
    ],
)
def test_records_may_lie_beside_the_exports_which_then_keep_out_of_them(records: str, listed: str) -> None:
    settings = read({**TOPIC, **EVENTS, "EXPORT_RECORDS": records, "ALLOWED_DESTINATIONS": listed})
    with pytest.raises(NotAllowed):
        settings.allow_list.check(Destination(*f"{records}/x/y.oci".split("/", 2)))
    assert settings.allow_list.check(Destination("acme", "exports", "records.oci"))


def test_every_problem_is_named_at_once() -> None:
    wrong = {
        "EXPORT_BUCKET": "exports",
        "EXPORT_FORMAT": "sesame",
        "EXPORT_RECORDS": "sesame",
        "PAR_HOURS": "999",
        "COMPUTE_ENDPOINT": "http://sesame.example",
        "LOG_LEVEL": "sesame",
    }
    with pytest.raises(Misconfigured) as refused:
        read(wrong)
    message = refused.value.message
    assert all(key in message for key in ("TOPIC_ID", "EXPORT_NAMESPACE", *wrong))
    assert message.startswith("The function's configuration is wrong: ")
    assert "sesame" not in message
    assert "999" not in message


def test_what_is_wrong_together_is_named_beside_what_is_wrong_by_itself() -> None:
    with pytest.raises(Misconfigured) as refused:
        read({"EXPORT_NAMESPACE": "ns", "EXPORT_BUCKET": "b", "EXPORT_RECORDS": "ns/b", "PAR_HOURS": "0"})
    message = refused.value.message
    assert all(key in message for key in ("TOPIC_ID is missing", "EXPORT_RECORDS needs", "PAR_HOURS"))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(TOPIC).par_hours = 1
