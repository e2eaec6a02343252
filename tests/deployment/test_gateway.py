"""The gateway that is deployed protects the function and sends it every request."""

import re

from handlers.triggers.gateway import ROUTES
from tests.local.gateway import specification

SPECIFICATION = specification()
*KNOWN, LAST = SPECIFICATION["routes"]


def test_no_header_of_the_platform_and_no_credentials_get_through() -> None:
    for route in SPECIFICATION["routes"]:
        allowed = route["requestPolicies"]["headerTransformations"]["filterHeaders"]
        names = {item["name"] for item in allowed["items"]}
        assert allowed["type"] == "ALLOW"
        assert not [name for name in names if name.startswith(("fn-", "oci-"))]
        assert not names & {"authorization", "gateway-token"}


def test_the_last_route_is_no_way_around_the_others() -> None:
    (export,) = [route for route in KNOWN if route["methods"] == ["POST"]]
    assert (LAST["path"], LAST["methods"]) == ("/{rest*}", ["ANY"])
    assert LAST["requestPolicies"] == export["requestPolicies"]
    assert SPECIFICATION["requestPolicies"]["authentication"]["isAnonymousAccessAllowed"] is False
    assert not [route for route in SPECIFICATION["routes"] if "authorization" in route["requestPolicies"]]


def test_the_other_routes_are_those_that_the_function_knows() -> None:
    deployed = {(re.sub(r"\{\w+\}", "{}", route["path"]), *route["methods"]) for route in KNOWN}
    assert deployed == {("/" + "/".join(route.pattern), route.method) for route in ROUTES}
