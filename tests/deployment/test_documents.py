"""The documents that the stack deploys: the policy, the gateway's specification, the rules' conditions.

That the policy is enough, and no more, tests/exports shows.
"""

import re
from typing import Any

from handlers.operations import pre_authenticated_fallback
from handlers.triggers.gateway import ROUTES
from tests.local.gateway import rule_conditions, specification
from tests.local.oci.events import matches
from tests.local.stack import deployed_statements

OF_THE_FUNCTION = deployed_statements("function", "fallback")
SPECIFICATION = specification()
*KNOWN, LAST = SPECIFICATION["routes"]


def test_the_function_may_nothing_without_a_condition() -> None:
    assert all(statement.startswith("Allow dynamic-group ${name} to ") for statement in OF_THE_FUNCTION)
    assert [statement for statement in OF_THE_FUNCTION if " where " not in statement] == []


def test_buckets_and_objects_are_those_of_the_deployed_buckets() -> None:
    touching = [s for s in OF_THE_FUNCTION if re.search(r" to \w+ (buckets|objects) ", s)]
    assert len(touching) == 4
    assert [s for s in touching if not re.search(r"target\.bucket\.name='\$\{(records_)?bucket\}'", s)] == []


def test_the_permissions_that_the_function_asks_for_when_it_lacks_them_are_granted() -> None:
    asked = set(re.findall(r"[A-Z]+_[A-Z]+", pre_authenticated_fallback._MISSING_PERMISSION))
    granted = {name for s in OF_THE_FUNCTION for name in re.findall(r"request\.permission='(\w+)'", s)}
    assert {"PAR_MANAGE"} < asked <= granted


def test_no_header_of_the_platform_and_no_credentials_get_through_the_gateway() -> None:
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


def test_a_rule_with_a_tag_takes_new_images_that_have_it_and_all_endings() -> None:
    created, exported = rule_conditions(("Operations", "Export", "yes"))
    event: dict[str, Any] = {"eventType": "com.oraclecloud.computeapi.createimage.end", "data": {}}
    assert not matches(created, event)
    event["data"]["definedTags"] = {"Operations": {"Export": "yes", "Other": "x"}}
    assert matches(created, event)
    assert matches(exported, {"eventType": "com.oraclecloud.computeapi.exportimage.end"})
