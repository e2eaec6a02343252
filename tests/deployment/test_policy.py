"""The policy is bound to one bucket and says why. That it is enough, and no more, tests/exports shows."""

import json
import re

from handlers.operations.export_image import fallback
from tests.deployment.document import readme

README = readme()


def statements(prefix: str = "") -> list[str]:
    loaded: list[str] = json.loads(README.named(f"{prefix}policy-statements.json").content)
    return loaded


OF_THE_FUNCTION = [
    statement
    for prefix in ("", "par-", "records-")
    for statement in statements(prefix)
    if statement.startswith("Allow dynamic-group image-export to")
]


def test_the_function_may_nothing_without_a_condition() -> None:
    assert len(OF_THE_FUNCTION) == 7
    assert [statement for statement in OF_THE_FUNCTION if " where " not in statement] == []


def test_buckets_and_objects_are_those_of_one_bucket() -> None:
    touching = [s for s in OF_THE_FUNCTION if re.search(r" to \w+ (buckets|objects) ", s)]
    assert len(touching) == 4
    assert [s for s in touching if "target.bucket.name='$BUCKET'" not in s] == []


def test_the_permissions_that_the_function_asks_for_when_it_lacks_them_are_granted() -> None:
    asked = set(re.findall(r"[A-Z]+_[A-Z]+", fallback._MISSING_PERMISSION))
    granted = {name for s in OF_THE_FUNCTION for name in re.findall(r"request\.permission='(\w+)'", s)}
    assert {"PAR_MANAGE"} < asked <= granted


def test_each_statement_has_its_reason() -> None:
    list_of_reasons = README.text.partition("Why each of them, in this order:\n\n")[2].partition("\n\n")[0]
    assert len(list_of_reasons.splitlines()) == len(statements())


def test_the_statement_that_the_table_of_symptoms_names_is_the_one_meant() -> None:
    """Rows of "At three in the morning" send the operator to a statement by its number."""
    for number, what in ((2, "work-requests"), (4, "OBJECT_INSPECT"), (5, "ons-topics"), (6, "cloudEvents")):
        assert what in statements()[number - 1]
        assert f"statement {number}" in README.text.partition("## At three in the morning")[2]
