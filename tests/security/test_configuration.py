"""A configuration that would send signed requests astray is refused.

Every problem is named at once by its key, and no value is.
"""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.errors import Misconfigured
from handlers.settings import Settings, read
from tests.fakes import ENVIRONMENT
from tests.security.spellings import misspelt

ENDPOINTS = ("COMPUTE_ENDPOINT", "NOTIFICATION_ENDPOINT", "OBJECT_STORAGE_ENDPOINT")
BASES = st.sampled_from(
    (
        *("https://iaas.eu-frankfurt-1.oraclecloud.com", "https://iaas.example:8443", "https://10.0.0.1"),
        *(
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://localhost.evil.example",
            "http://iaas.example",
        ),
        *(
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0",
            "http://2130706433",
            "http://0x7f.1",
            "http://[::1]",
        ),
    )
)


@given(st.sampled_from(ENDPOINTS), misspelt(BASES, most=2) | st.text())
def test_an_accepted_endpoint_is_https_or_loopback_and_read_alike_by_others(key: str, value: str) -> None:
    try:
        settings = read({**ENVIRONMENT, key: value})
    except Misconfigured as refused:
        assert key in refused.message  # noqa: PT017  # either way is right
        assert not value.strip() or len(value) < 3 or value not in refused.message  # noqa: PT017
        return
    endpoint = getattr(settings, key.lower())
    if endpoint is None:
        assert not value.strip()
        return
    url, given_url = parse_url(endpoint), parse_url(value.strip())
    assert (url.auth, url.path, url.query, url.fragment) == (None, None, None, None)
    assert (url.scheme, url.host, url.port) == (given_url.scheme, given_url.host, given_url.port)
    if url.scheme != "https":
        assert url.scheme == "http"
        assert url.host == "localhost" or ipaddress.ip_address(str(url.host)).is_loopback


WRONG = {
    "TOPIC_ID": "ocid1.instance.oc1..secret",
    "EXPORT_NAMESPACE": "secret/namespace",
    "EXPORT_BUCKET": "secret bucket",
    "EXPORT_OBJECT_NAME": "{secret.__class__}",
    "EXPORT_FORMAT": "SECRET",
    "ALLOWED_DESTINATIONS": "secret",
    "EXPORT_RECORDS": "secret/../secret",
    "PAR_FALLBACK": "secret",
    "PAR_HOURS": "1691e3secret",
    "COMPUTE_ENDPOINT": "http://secret.example",
    "NOTIFICATION_ENDPOINT": "https://secret@example",
    "OBJECT_STORAGE_ENDPOINT": "https://example/secret",
    "LOG_LEVEL": "SECRET",
}


def test_every_key_can_be_wrong_and_is_tested_here() -> None:
    assert set(WRONG) == {field.alias for field in Settings.model_fields.values()}


@given(st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
def test_all_problems_are_named_at_once_and_no_value_is(keys: set[str]) -> None:
    with pytest.raises(Misconfigured) as refused:
        read({**ENVIRONMENT, **{key: WRONG[key] for key in keys}})
    message = refused.value.message
    assert {key for key in WRONG if key in message} == keys
    assert "secret" not in message.replace("_SECRET", "").lower()
