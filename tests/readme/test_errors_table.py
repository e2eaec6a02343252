"""The table of errors has every code that the function can answer with by itself, and no other."""

import ast
from collections.abc import Iterator

import pytest

from handlers import errors
from handlers.errors import ExportError, ServiceRefusal
from handlers.exports import running_export
from handlers.interface import refusals
from tests.readme.document import CHECKOUT, code, readme

ROWS = readme().table("Errors and what to do about them", "status").rows
TOLD = [(row["status"], code(row["code"])[0]) for row in ROWS]
# What makes an error with a code as a plain text, and at which place.
MAKERS = {"ServiceRefusal": 1, "_refusal": 1, "Refusal": 2}


def leaves(base: type[ExportError] = ExportError) -> Iterator[type[ExportError]]:
    """The classes of which errors are made; what is above them only groups them."""
    derived = base.__subclasses__()
    if not derived:
        yield base
    for kind in derived:
        yield from leaves(kind)


def written() -> Iterator[tuple[str, str]]:
    """Status and code of each error that is made on the spot, anywhere in the function."""
    for module in (CHECKOUT / "handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                status, found = node.args[0], node.args[MAKERS[node.func.id]]
                if isinstance(status, ast.Constant) and isinstance(found, ast.Constant):
                    yield str(status.value), str(found.value)


def in_the_code() -> set[tuple[str, str]]:
    of_classes = {(str(kind.status), kind.code) for kind in leaves() if kind is not ServiceRefusal}
    # What Compute is known to answer: the function acts upon these, or describes them.
    acted_upon = {("409", name) for name in running_export._EXPLAINABLE}
    described = {
        (status, refusal.code) for status, refusal in refusals.BY_STATUS.items() if status != "default"
    }
    return of_classes | acted_upon | described | {pair for pair in written() if pair[0].isdigit()}


def test_every_code_has_its_line_and_no_other_code_has_one() -> None:
    assert set(TOLD) - {("any other", "UnknownError")} == in_the_code()


def test_no_code_has_two_lines() -> None:
    assert len(set(TOLD)) == len(TOLD)


def test_a_status_of_a_proxy_that_nobody_knows_has_the_code_of_the_last_line() -> None:
    refusal = ServiceRefusal(499, None, None, service="Compute")
    assert (refusal.code, TOLD[-1]) == ("UnknownError", ("any other", "UnknownError"))


def test_codes_made_on_the_spot_are_found() -> None:
    assert {("404", "NotAuthorizedOrNotFound"), ("412", "NoEtagMatch"), ("409", "IncorrectState")} <= set(
        written()
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"].strip("`"))
def test_every_line_says_when_and_what_to_do(row: dict[str, str]) -> None:
    assert row["when"]
    assert row["what to do"]


def test_statuses_that_the_platform_takes_for_a_failed_function_are_not_in_the_table() -> None:
    assert not {str(status) for status in errors.FAILED_FUNCTION_STATUSES} & {status for status, _ in TOLD}
