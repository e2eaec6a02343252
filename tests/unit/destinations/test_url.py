"""Object Storage URLs: taken apart, compared part by part, and built anew."""

import pytest

from handlers.destinations import Destination, url
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl

REGIONAL = "objectstorage.eu-frankfurt-1.oraclecloud.com"
DEDICATED = "https://acme.objectstorage.eu-frankfurt-1.oci.customer-oci.com"
BASE, LOCAL = f"https://{REGIONAL}", "http://127.0.0.1:8080"
HOSTS = ObjectStorageHosts(LOCAL, REGIONAL, "eu-frankfurt-1")
TOKEN = "t" * 30 + "-_"
PLACE = Destination("acme", "e", "x")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{BASE}/n/acme/b/e/o/x", ObjectUrl(PLACE, BASE)),
        (f"{BASE}/p/{TOKEN}/n/acme/b/e/o/x", ObjectUrl(PLACE, BASE, TOKEN)),
        (f"{BASE}/p/{TOKEN * 32}/n/acme/b/e/o/x", ObjectUrl(PLACE, BASE, TOKEN * 32)),
        (f"HTTPS://{REGIONAL.upper()}/n/%61cme/b/%65/o/%78", ObjectUrl(PLACE, BASE)),
        (f"{DEDICATED}/n/acme/b/e/o/x", ObjectUrl(PLACE, DEDICATED)),
        (f"{DEDICATED}/n/ACME/b/e/o/x", ObjectUrl(PLACE._replace(namespace="ACME"), DEDICATED)),
        (f"{LOCAL}/n/acme/b/e/o/x", ObjectUrl(PLACE, LOCAL)),
        (f"{BASE}/n/acme/b/e/o/a%252e", ObjectUrl(PLACE._replace(object_name="a%2e"), BASE)),
        (f"{BASE}/n/acme/b/e/o/images%2Fa", ObjectUrl(PLACE._replace(object_name="images/a"), BASE)),
    ],
)
def test_a_url_is_taken_apart_and_its_names_are_decoded_once(text: str, parts: ObjectUrl) -> None:
    assert url.parse(text, HOSTS) == parts


@pytest.mark.parametrize("name", ["x", "golden/web 1.oci", "a?b#c%d", "ü/+&=", "a//b/", "~user", "%2e%2e"])
@pytest.mark.parametrize("token", ["", TOKEN])
def test_what_is_built_is_read_as_the_same_parts(name: str, token: str) -> None:
    parts = ObjectUrl(PLACE._replace(object_name=name), BASE, token)
    assert url.parse(parts.text, HOSTS) == parts


def test_a_url_is_shown_without_its_token() -> None:
    parts = ObjectUrl(PLACE._replace(object_name="a/x y"), BASE, TOKEN)
    assert parts.text == f"{BASE}/p/{TOKEN}/n/acme/b/e/o/a/x%20y"
    assert TOKEN not in f"{parts} {parts!r} {[parts]}"


HOST = f"must have a host of the function's region, such as {REGIONAL}"
SCHEME, NO_USER = "must begin with https://", "must have no user, query or fragment"
ENCODED, PATH = (
    "must be a percent-encoded URL",
    "must have a path of the form /n/{namespace}/b/{bucket}/o/{object}",
)
NO_TOKEN = "must have a token of 32 to 1024 letters, digits, - and _ after /p/"  # noqa: S105  # it is none
NAMESPACE = "has a wrong namespace, which must be 1 to 256 letters, digits, - and _"
BUCKET = "has a wrong bucket, which must be 1 to 256 letters, digits, -, _ and ., and not dots alone"
OBJECT = "has a wrong object, which must"
DOTS = f"{OBJECT} not have a segment that is . or .."
OF_TOKEN = "which must not have the URL's token in it"  # noqa: S105  # it is none


@pytest.mark.parametrize(
    ("base", "problem"),
    [
        *(
            (base, HOST)
            for base in ("https://evil.example", f"https://evil{REGIONAL}", "https://", "https://[::1")
        ),
        *((BASE + more, HOST) for more in (".evil.example", ".", ":", ":443", ":port")),
        *((base.replace("eu-frankfurt-1", "us-ashburn-1"), HOST) for base in (BASE, DEDICATED)),
        *((base, HOST) for base in (DEDICATED.replace("acme", "other"), "https://127.0.0.1:8080")),
        *((f"{scheme}://{REGIONAL}", SCHEME) for scheme in ("http", "ftp")),
        *((f"http://{host}", SCHEME) for host in ("127.0.0.1", "127.0.0.1:8081", "localhost:8080")),
    ],
)
def test_any_other_host_scheme_or_port_is_refused(base: str, problem: str) -> None:
    assert refusal(f"{base}/n/acme/b/e/o/x") == problem


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        *((f"/n/acme/b/e/o/x{rest}", NO_USER) for rest in ("?versionId=1", "?", "#y", "@z")),
        *((f"/n/acme/b/e/o/{name}", ENCODED) for name in ("a b", "a\n", "a\\b", "ü", "a%2", "a%zz")),
        *((path, PATH) for path in ("", "/n/acme/b/e/o", "/n/acme/b/e", "/N/acme/b/e/o/x", "/p/" + TOKEN)),
        *((path, PATH) for path in ("/x/n/acme/b/e/o/x", "//n/acme/b/e/o/x", f"/p/{TOKEN}/b/e/o/x")),
        *((f"/p{rest}", NO_TOKEN) for rest in ("", "//n/acme/b/e/o/x", "/../n/acme/b/e/o/x")),
        *(
            (f"/p/{token}/n/acme/b/e/o/x", NO_TOKEN)
            for token in (TOKEN[:-1], TOKEN * 33, f"{TOKEN}.", f"{TOKEN}~", f"{TOKEN}%2D")
        ),
        *((f"/n/{name}/b/e/o/x", NAMESPACE) for name in ("ac.me", "", "a%2Fb", "a" * 257)),
        *((f"/n/acme/b/{name}/o/x", BUCKET) for name in ("..", "%2e%2e", "a%2Fb", "")),
        *((f"/n/acme/b/e/o/{name}", DOTS) for name in ("a/../x", "a/%2e%2E/x", "a%2F..%2Fx")),
        ("/n/acme/b/e/o/%ff", "has a wrong object, which must be percent-encoded UTF-8"),
        ("/n/acme/b/e/o/", f"{OBJECT} be 1 to 1024 bytes of UTF-8"),
        ("/n/acme/b/e/o/a%00", f"{OBJECT} not contain NUL, CR or LF"),
        (f"/p/{TOKEN}/n/{TOKEN}/b/e/o/x", f"has a wrong namespace, {OF_TOKEN}"),
        (f"/p/{TOKEN}/n/acme/b/x{TOKEN}/o/x", f"has a wrong bucket, {OF_TOKEN}"),
        (f"/p/{TOKEN}/n/acme/b/e/o/a/{TOKEN[:-1]}%5Fz", f"has a wrong object, {OF_TOKEN}"),
    ],
)
def test_a_url_of_another_shape_is_refused_with_the_part_that_is_wrong(rest: str, problem: str) -> None:
    assert refusal(BASE + rest) == problem


def refusal(text: str) -> str:
    with pytest.raises(ValueError, match=r"^(must|has) ") as refused:
        url.parse(text, HOSTS)
    assert refused.value.__cause__ is None
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"{BASE}/p/{TOKEN}/n/acme/b/e/o/x", TOKEN),
        (f"https://evil.example/p/{TOKEN}", TOKEN),
        (f"p/{TOKEN}?x=/p/", TOKEN),
        (f"{BASE}/p/x/p/{TOKEN[:24]}#x", TOKEN[:24]),
        (f"{BASE}/p/{TOKEN[:-1]}%5F/n/acme", TOKEN),
        (f"https%3A%2F%2F{REGIONAL}%2Fp%2F{TOKEN}%2Fn%2Facme", TOKEN),
        (f"{BASE}/p/{TOKEN[:23]}/n/acme/b/e/o/x", ""),
        (f"{BASE}/n/acme/b/e/o/top/{TOKEN}", ""),
        ("", ""),
    ],
)
def test_a_token_is_found_in_a_wrong_url_too(text: str, token: str) -> None:
    assert url.token_in(text) == token
