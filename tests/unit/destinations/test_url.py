"""Object Storage URLs: taken apart, compared part by part, and built anew."""

from urllib.parse import quote, urlsplit

import pytest

from handlers.destinations import Destination, url
from handlers.destinations.url import ObjectStorageHosts
from tests.fakes import HOSTS, PAR_TOKEN

BASE = HOSTS.endpoint
LOCAL = ObjectStorageHosts("http://127.0.0.1:8080", HOSTS.regional, HOSTS.region)


def test_a_url_names_namespace_bucket_and_object() -> None:
    place = url.parse(f"{BASE}/n/acme/b/exports/o/golden/web%201.oci", HOSTS)
    assert place == Destination("acme", "exports", "golden/web 1.oci", BASE)


def test_a_pre_authenticated_url_has_a_token_as_well() -> None:
    place = url.parse(f"{BASE}/p/{PAR_TOKEN}/n/acme/b/exports/o/x.oci", HOSTS)
    assert place == Destination("acme", "exports", "x.oci", BASE, PAR_TOKEN)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (f"https://{HOSTS.regional}/n/acme/b/e/o/x", f"https://{HOSTS.regional}"),
        (f"HTTPS://{HOSTS.regional.upper()}/n/acme/b/e/o/x", f"https://{HOSTS.regional}"),
        (
            "https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com/n/acme/b/e/o/x",
            "https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com",
        ),
        (
            "https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com/n/ACME/b/e/o/x",
            "https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com",
        ),
        ("http://127.0.0.1:8080/n/acme/b/e/o/x", "http://127.0.0.1:8080"),
    ],
)
def test_the_regions_hosts_and_the_configured_one_are_accepted(text: str, base: str) -> None:
    assert url.parse(text, LOCAL).base == base


@pytest.mark.parametrize(
    "base",
    [
        "https://evil.example",
        "https://objectstorage.us-ashburn-1.oraclecloud.com",  # another region
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com.evil.example",
        "https://evilobjectstorage.eu-frankfurt-1.oraclecloud.com",
        "https://other.objectstorage.eu-frankfurt-1.oci.customer-oci.com",  # another namespace's
        "https://acme.objectstorage.us-ashburn-1.oci.customer-oci.com",
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com.",
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com:443",
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com:8443",
        "http://objectstorage.eu-frankfurt-1.oraclecloud.com",
        "ftp://objectstorage.eu-frankfurt-1.oraclecloud.com",
        "http://127.0.0.1",
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8080",
        "http://localhost:8080",
        "//objectstorage.eu-frankfurt-1.oraclecloud.com",
        "",
    ],
)
def test_any_other_host_scheme_or_port_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="must be an Object Storage URL of the function's region"):
        url.parse(f"{base}/n/acme/b/e/o/x", LOCAL)


def test_a_namespaces_own_host_serves_no_other_namespace() -> None:
    with pytest.raises(ValueError, match="must be an Object Storage URL of the function's region"):
        url.parse("https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com/n/other/b/e/o/x", HOSTS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{BASE}/n/acme/b/e/o/x?versionId=1", "no user, query or fragment"),
        (f"{BASE}/n/acme/b/e/o/x?", "no user, query or fragment"),
        (f"{BASE}/n/acme/b/e/o/x#y", "no user, query or fragment"),
        (f"https://me@{HOSTS.regional}/n/acme/b/e/o/x", "no user, query or fragment"),
        (f"https://{HOSTS.regional}:port/n/acme/b/e/o/x", "of the function's region"),
        ("https://[::1/n/acme/b/e/o/x", "must be a URL"),
        (f"{BASE}/n/acme/b/e/o/a b", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/a\n", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/a\\b", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/ü", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/a%2", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/a%zz", "percent-encoded URL"),
        ("", "percent-encoded URL"),
        (f"{BASE}/n/acme/b/e/o/%ff", "percent-encoded UTF-8"),
        (f"{BASE}/n/acme/b/e/o/", "1 to 1024 bytes"),
        (f"{BASE}/n/acme/b/e/o", "a path of the form"),
        (f"{BASE}/n/acme/b/e", "a path of the form"),
        (f"{BASE}/N/acme/b/e/o/x", "a path of the form"),
        (f"{BASE}/x/n/acme/b/e/o/x", "a path of the form"),
        (f"{BASE}//n/acme/b/e/o/x", "a path of the form"),
        (f"{BASE}", "a path of the form"),
        (f"{BASE}/p/{PAR_TOKEN}/b/e/o/x", "a path of the form"),
        (f"{BASE}/p//n/acme/b/e/o/x", "a token after /p/"),
        (f"{BASE}/p", "a token after /p/"),
        (f"{BASE}/p/../n/acme/b/e/o/x", "a token after /p/"),
        (f"{BASE}/p/a%2Fb/n/acme/b/e/o/x", "a token after /p/"),
        (f"{BASE}/n/ac.me/b/e/o/x", "a namespace and a bucket"),
        (f"{BASE}/n//b/e/o/x", "a namespace and a bucket"),
        (f"{BASE}/n/acme/b/../o/x", "a namespace and a bucket"),
        (f"{BASE}/n/acme/b/%2e%2e/o/x", "a namespace and a bucket"),
        (f"{BASE}/n/acme/b/a%2Fb/o/x", "a namespace and a bucket"),
        (f"{BASE}/n/acme/b/e/o/a/../x", "segment"),
        (f"{BASE}/n/acme/b/e/o/a/%2e%2E/x", "segment"),
        (f"{BASE}/n/acme/b/e/o/a%2F..%2Fx", "segment"),
        (f"{BASE}/n/acme/b/e/o/a%00", "NUL, CR or LF"),
    ],
)
def test_a_url_of_another_shape_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        url.parse(text, HOSTS)


def test_a_refusal_never_quotes_the_url() -> None:
    for host in ("evil.example", HOSTS.regional + ":port"):
        with pytest.raises(ValueError, match="must ") as refused:
            url.parse(f"https://{host}/p/{PAR_TOKEN}/n/acme/b/e/o/x", HOSTS)
        assert PAR_TOKEN not in str(refused.value)
        assert refused.value.__cause__ is None


def test_a_name_is_percent_decoded_once() -> None:
    assert url.parse(f"{BASE}/n/acme/b/e/o/a%252e", HOSTS).object_name == "a%2e"


def test_an_encoded_slash_divides_the_object_name_as_a_slash_does() -> None:
    assert url.parse(f"{BASE}/n/acme/b/e/o/images%2Fa", HOSTS).object_name == "images/a"


@pytest.mark.parametrize("name", ["x", "golden/web 1.oci", "a?b#c%d", "ü/+&=", "a//b/", "~user", "%2e%2e"])
@pytest.mark.parametrize("token", ["", PAR_TOKEN])
def test_what_is_built_is_read_as_the_same_place(name: str, token: str) -> None:
    place = Destination("acme", "exports", name, BASE, token)
    text = url.build(place)
    assert url.parse(text, HOSTS) == place
    assert urlsplit(text).path.endswith(quote(name))


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"{BASE}/p/{PAR_TOKEN}/n/acme/b/e/o/x", PAR_TOKEN),
        (f"https://evil.example/p/{PAR_TOKEN}", PAR_TOKEN),
        (f"{BASE}/n/acme/b/e/o/x", ""),
        ("", ""),
    ],
)
def test_a_token_is_found_in_a_wrong_url_too(text: str, token: str) -> None:
    assert url.token_in(text) == token


def test_a_url_is_rebuilt_from_its_parts_in_one_spelling() -> None:
    sent = "HTTPS://OBJECTSTORAGE.eu-frankfurt-1.oraclecloud.com/n/%61cme/b/%65xports/o/%77eb%201.oci"
    assert url.build(url.parse(sent, HOSTS)) == f"{BASE}/n/acme/b/exports/o/web%201.oci"
