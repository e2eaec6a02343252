"""What the policy lets somebody do."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .errors import ApiError
from .permissions import needed
from .policy_statement import Statement
from .principals import Principal


@dataclass(frozen=True)
class Target:
    """What an operation is asked for.

    Attributes:
        compartments: that of the resource and those above it; none for another tenancy's.
        refusal: the answer to somebody who lacks the permission: the same as if nothing were there.
        names: of the resource, as the policy's conditions know them, such as `target.bucket.name`.
        case: of the operation, where its permissions depend on the target; see `permissions`.
    """

    compartments: frozenset[str]
    refusal: ApiError
    names: Mapping[str, str] = field(default_factory=dict)
    case: str = ""


class Policy:
    """Statements; without any list of them (None) everything is allowed to everybody.

    `statements` may be replaced at any time, and is heeded by the next request.
    """

    def __init__(self, statements: Sequence[Statement] | None) -> None:
        self.statements = statements

    def allows(self, who: Principal, operation: str, target: Target) -> bool:
        """Raises KeyError for an operation that has no row in the table of permissions."""
        needs = needed(operation, target.case)
        if self.statements is None or who.administrator:
            return True
        asked = {
            **target.names,
            "request.operation": operation,
            "request.principal.type": who.type,
            "request.principal.id": who.id,
            **({"request.resource.compartment.id": who.compartment} if who.compartment else {}),
        }
        return all(
            any(
                statement.grants(permission, who, target.compartments, asked)
                for statement in self.statements
                for permission in any_of
            )
            for any_of in needs
        )

    @contextmanager
    def without(self, part: str) -> Iterator[None]:
        """For a while, takes away each statement that has this part, before or after its variables were
        filled in."""
        before = list(self.statements or ())
        left = [each for each in before if part not in each.text and part not in each.source]
        if len(left) == len(before):
            raise ValueError(f"no statement has {part!r}")
        self.statements = left
        try:
            yield
        finally:
            self.statements = before
