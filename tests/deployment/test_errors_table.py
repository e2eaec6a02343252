"""The table of errors has every code that the function can answer with by itself, and no other."""

import json
import re
from collections.abc import Iterator
from importlib import resources

from handlers import errors, operations
from handlers.errors import ExportError, ServiceRefusal
from tests.deployment.document import code, readme

README = readme()
ROWS = README.table("Errors and what to do about them", "status").rows
TOLD = [(row["status"], code(row["code"])[0]) for row in ROWS]
OPENAPI = json.loads(resources.files(operations).joinpath("openapi.json").read_bytes())


def leaves(base: type[ExportError] = ExportError) -> Iterator[type[ExportError]]:
    """The classes of which errors are made; what is above them only groups them."""
    derived = base.__subclasses__()
    if not derived:
        yield base
    for kind in derived:
        yield from leaves(kind)


def described() -> set[tuple[str, str]]:
    """Status and code of each error that the OpenAPI document describes, Compute's own, too: its text begins
    with codes and a colon."""
    found = set()
    for path in OPENAPI["paths"].values():
        for operation in path.values():
            for status, response in operation.get("responses", {}).items():
                name = response.get("$ref", "").rpartition("/")[2]
                text = (OPENAPI["components"]["responses"][name] if name else response)["description"]
                if status.isdigit() and int(status) >= 400:
                    for codes in re.findall(r"((?:[A-Z]\w+, )*[A-Z]\w+): ", text):
                        found |= {(status, each) for each in codes.split(", ")}
    return found


def test_every_code_that_the_description_names_has_its_line_and_no_other_has_one() -> None:
    own = {(str(kind.status), kind.code) for kind in leaves() if kind is not ServiceRefusal}
    assert sorted(TOLD) == sorted({("any other", "UnknownError")} | described() | own)


def test_a_status_of_a_proxy_that_nobody_knows_has_the_code_of_the_last_line() -> None:
    refusal = ServiceRefusal(499, None, None, service="Compute")
    assert (refusal.code, TOLD[-1]) == ("UnknownError", ("any other", "UnknownError"))


def test_every_line_says_when_and_what_to_do() -> None:
    assert [row for row in ROWS if not (row["when"] and row["what to do"])] == []


def test_statuses_that_the_platform_takes_for_a_failed_function_are_not_in_the_table() -> None:
    assert not {str(status) for status in errors.FAILED_FUNCTION_STATUSES} & {status for status, _ in TOLD}
