"""The policy is bound to the buckets. That it is enough, and no more, tests/exports shows."""

import re

from handlers.operations import pre_authenticated_fallback
from tests.local.policy_statements import deployed_statements

OF_THE_FUNCTION = deployed_statements("function", "fallback")


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
