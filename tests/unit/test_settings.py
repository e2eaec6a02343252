"""The configuration: the contract's table, key by key, and every problem at once."""

import pytest

from handlers.errors import Misconfigured
from handlers.exports.destination import AllowList
from handlers.settings import Settings, read
from tests.fakes import TOPIC_ID

TOPIC = {"TOPIC_ID": TOPIC_ID}
DEFAULTS = {
    "EXPORT_NAMESPACE": None,
    "EXPORT_BUCKET": None,
    "EXPORT_OBJECT_NAME": "{image_name}-{event_time}.{extension}",
    "EXPORT_FORMAT": "OCI",
    "ALLOWED_DESTINATIONS": AllowList(()),
    "PAR_FALLBACK": True,
    "PAR_HOURS": 24,
    "COMPUTE_ENDPOINT": None,
    "NOTIFICATION_ENDPOINT": None,
    "OBJECT_STORAGE_ENDPOINT": None,
    "LOG_LEVEL": "INFO",
}


def problem(**keys: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        read({**TOPIC, **keys})
    return refused.value.message


def test_the_keys_are_the_contracts() -> None:
    assert {field.alias for field in Settings.model_fields.values()} == {"TOPIC_ID", *DEFAULTS}


@pytest.mark.parametrize(("key", "value"), DEFAULTS.items())
def test_a_key_that_is_absent_has_its_default(key: str, value: object) -> None:
    assert getattr(read(TOPIC), key.lower()) == value


@pytest.mark.parametrize("key", DEFAULTS)
@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_value_counts_as_absent(key: str, empty: str) -> None:
    assert read({**TOPIC, key: empty}) == read(TOPIC)


def test_a_missing_topic_is_named() -> None:
    with pytest.raises(Misconfigured, match=r"wrong: TOPIC_ID is missing\.$"):
        read({})


def test_other_variables_of_the_environment_are_of_no_interest() -> None:
    assert read({**TOPIC, "PATH": "/bin", "topic_id": "x", "EXPORT": "y"}) == read(TOPIC)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("TOPIC_ID", f" {TOPIC_ID}\n", TOPIC_ID),
        ("EXPORT_OBJECT_NAME", "daily/{image_id}.{extension}", "daily/{image_id}.{extension}"),
        ("EXPORT_FORMAT", "QCOW2", "QCOW2"),
        ("EXPORT_FORMAT", "vmdk", "VMDK"),
        ("ALLOWED_DESTINATIONS", "ns/b, ns/c/x", AllowList((("ns", "b", ()), ("ns", "c", ("x",))))),
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
    ("key", "text", "said"),
    [
        ("TOPIC_ID", "ocid1.topic.oc1.iad.aaaa", "must be the OCID of a notification topic"),
        ("TOPIC_ID", "sesame", "must be the OCID of a notification topic"),
        ("EXPORT_OBJECT_NAME", "{image_name.sesame}", "may use only {image_name}, "),
        ("EXPORT_OBJECT_NAME", "{sesame", "unbalanced braces"),
        ("EXPORT_OBJECT_NAME", "sesame/../x", "segment"),
        ("EXPORT_FORMAT", "sesame", "must be 'QCOW2', 'VMDK', 'OCI', 'VHD' or 'VDI'"),
        ("ALLOWED_DESTINATIONS", "ns/b sesame", "must list namespace/bucket"),
        ("ALLOWED_DESTINATIONS", "ns/b/../sesame", "segment"),
        ("PAR_FALLBACK", "sesame", "must be a valid boolean"),
        ("PAR_HOURS", "sesame", "must be a valid integer"),
        ("PAR_HOURS", "0", "must be greater than or equal to 1"),
        ("PAR_HOURS", "169", "must be less than or equal to 168"),
        ("PAR_HOURS", "1.5", "must be a valid integer"),
        ("COMPUTE_ENDPOINT", "sesame", "must be"),
        ("COMPUTE_ENDPOINT", "http://sesame.example", "must be https"),
        ("COMPUTE_ENDPOINT", "ftp://127.0.0.1", "must be https"),
        ("NOTIFICATION_ENDPOINT", "https://sesame.example/20181201", "without path, query or fragment"),
        ("NOTIFICATION_ENDPOINT", "https://sesame@host.example", "without user information"),
        ("OBJECT_STORAGE_ENDPOINT", "https://host.example:sesame", "is no URL"),
        ("LOG_LEVEL", "sesame", "must be 'DEBUG', "),
    ],
)
def test_a_wrong_value_is_named_by_its_key_and_never_repeated(key: str, text: str, said: str) -> None:
    message = problem(**{key: text})
    assert f"{key} " in message
    assert said in message
    assert "sesame" not in message


@pytest.mark.parametrize("key", ["EXPORT_NAMESPACE", "EXPORT_BUCKET"])
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


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(Misconfigured) as refused:
        read(
            {
                "EXPORT_BUCKET": "exports",
                "EXPORT_FORMAT": "sesame",
                "PAR_HOURS": "999",
                "COMPUTE_ENDPOINT": "http://sesame.example",
                "LOG_LEVEL": "sesame",
            }
        )
    message = refused.value.message
    named = ("TOPIC_ID", "EXPORT_NAMESPACE", "EXPORT_FORMAT", "PAR_HOURS", "COMPUTE_ENDPOINT", "LOG_LEVEL")
    assert all(key in message for key in named)
    assert message.startswith("The function's configuration is wrong: ")
    assert "sesame" not in message
    assert "999" not in message


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(TOPIC).par_hours = 1
