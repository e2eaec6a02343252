"""Who asks, and what the policy lets somebody do: which permissions an operation needs, and which a statement
gives.

A statement is `Allow <subject> to <verb> <resource-type> in <location> where <conditions>`.

Source: Oracle's policy references for Core Services, Object Storage, Notifications and Functions, "Policy
Syntax" and "Conditions": matching ignores case; a condition on a variable that the request does not have is
false. Read is what the deployed statements are made of; the rest of the language is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Self

from .errors import ApiError


@dataclass(frozen=True)
class Principal:
    """Somebody who signs: the function, the gateway that calls it, the Events service, an ordinary user.
    `subjects` are what statements may call it, an administrator may do everything. `compartment` is that of a
    resource."""

    type: str
    id: str
    subjects: frozenset[str] = frozenset()
    administrator: bool = False
    compartment: str = ""


def dynamic_group(name: str) -> str:
    """How one of the default domain stands in `subjects`."""
    return f"dynamic-group {name}"


def service(name: str) -> str:
    return f"service {name}"


ANYBODY = Principal("anonymous", "")
EVENTS = Principal("service", "cloudEvents", frozenset({service("cloudEvents")}))

VERBS = ("inspect", "read", "use", "manage")

GRANTED_BY = {
    "INSTANCE_IMAGE_INSPECT": ("instance-images", "inspect"),
    "INSTANCE_IMAGE_READ": ("instance-images", "read"),
    "INSTANCE_IMAGE_CREATE": ("instance-images", "manage"),
    "INSTANCE_CREATE_IMAGE": ("instances", "use"),
    "INSTANCE_CREATE": ("instances", "manage"),
    "WORKREQUEST_INSPECT": ("work-requests", "inspect"),
    "BUCKET_READ": ("buckets", "read"),
    "PAR_MANAGE": ("buckets", "manage"),
    "OBJECT_INSPECT": ("objects", "inspect"),
    "OBJECT_READ": ("objects", "read"),
    "OBJECT_OVERWRITE": ("objects", "use"),
    "OBJECT_CREATE": ("objects", "manage"),
    "OBJECT_DELETE": ("objects", "manage"),
    "ONS_TOPIC_PUBLISH": ("ons-topics", "use"),
    "FN_INVOCATION": ("fn-invocation", "use"),
}

RESOURCE_TYPES = {name: {name} for name, _ in GRANTED_BY.values()}
RESOURCE_TYPES |= {"object-family": {"buckets", "objects"}, "functions-family": {"fn-invocation"}}


# By operation, and case where it has several: all of these are needed; of several joined by `|`, any will do.
_NEEDS = {
    "GetImage": "INSTANCE_IMAGE_INSPECT",
    "ListImages": "INSTANCE_IMAGE_INSPECT",
    # In no table. The permissions stand for the verb that has them.
    "ExportImage manage": "INSTANCE_IMAGE_CREATE",
    "ExportImage read": "INSTANCE_IMAGE_READ",
    "ListWorkRequests": "WORKREQUEST_INSPECT",
    "PublishMessage": "ONS_TOPIC_PUBLISH",
    "GetBucket": "BUCKET_READ",
    # Nobody needs a permission to read the namespace of the own tenancy.
    "GetNamespace": "",
    "CreatePreauthenticatedRequest": "PAR_MANAGE",
    "ListPreauthenticatedRequests": "PAR_MANAGE",
    "DeletePreauthenticatedRequest": "PAR_MANAGE",
    "GetObject": "OBJECT_READ",
    "HeadObject": "OBJECT_READ|OBJECT_INSPECT",
    "PutObject new": "OBJECT_CREATE",
    "PutObject existing": "OBJECT_OVERWRITE",
    "DeleteObject": "OBJECT_DELETE",
    "CreateMultipartUpload": "OBJECT_CREATE OBJECT_OVERWRITE",
    "InvokeFunction": "FN_INVOCATION",
}
# "Work requests inherit the permissions of the operation that spawns the work request. Generally,
# <RESOURCE>_CREATE." The verbs' table adds that those of CreateImage are needed.
for _operation in ("GetWorkRequest", "ListWorkRequestErrors", "ListWorkRequestLogs"):
    _NEEDS |= {
        f"{_operation} of an image": "INSTANCE_IMAGE_CREATE",
        f"{_operation} of an image, as CreateImage": "INSTANCE_IMAGE_CREATE INSTANCE_CREATE_IMAGE",
        f"{_operation} of anything else": "INSTANCE_CREATE",
    }


Variables = Mapping[str, str]
Condition = Callable[[Variables], bool]

_STATEMENT = re.compile(
    rf"""\s*allow \s+
    (?P<subject> dynamic-group \s+ [\w.-]+ | service \s+ [\w.-]+ | any-user )
    \s+ to \s+ (?P<verb>{"|".join(VERBS)}) \s+ (?P<what>{"|".join(RESOURCE_TYPES)})
    \s+ in \s+ (?: tenancy | compartment \s+ id \s+ (?P<compartment>[\w.-]+) )
    (?: \s+ where \s+ (?P<condition>.+) )?\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COMPARISON = re.compile(r"\s*([\w.-]+)\s*=\s*'([^'*]*)'\s*")
_SEVERAL = re.compile(r"\s*(all|any)\s*\{", re.IGNORECASE)


class PolicyError(ValueError):
    """A statement that the services would not take, or that can't be what its author meant."""


@dataclass(frozen=True)
class Statement:
    """`source` is the statement as it stood before its variables were filled in."""

    text: str
    source: str
    subject: str
    verb: str
    resource_types: set[str]
    compartment: str | None
    condition: Condition

    @classmethod
    def parse(cls, text: str, source: str | None = None) -> Self:
        """Raises PolicyError, which names the statement."""
        found = _STATEMENT.fullmatch(text)
        if not found:
            raise PolicyError(f"no policy statement: {text}")
        try:
            condition = _parsed(found["condition"]) if found["condition"] else lambda _: True
        except PolicyError as problem:
            raise PolicyError(f"{problem}: {text}") from None
        kind, *name = found["subject"].split()
        subject, what = " ".join([kind.lower(), *name]), RESOURCE_TYPES[found["what"].lower()]
        return cls(
            text, source or text, subject, found["verb"].lower(), what, found["compartment"], condition
        )

    def grants(self, permission: str, who: Principal, compartments: frozenset[str], asked: Variables) -> bool:
        """Whether it alone gives one permission; `compartments` are the target's own and those above it."""
        resource_type, verb = GRANTED_BY[permission]
        return (
            self.subject in {"any-user", *who.subjects}
            and resource_type in self.resource_types
            and VERBS.index(self.verb) >= VERBS.index(verb)
            and (bool(compartments) if self.compartment is None else self.compartment in compartments)
            and self.condition({**asked, "request.permission": permission})
        )


def _parsed(text: str) -> Condition:
    condition, rest = _condition(text)
    if rest:
        raise PolicyError(f"unexpected {rest!r}")
    return condition


def _condition(text: str) -> tuple[Condition, str]:
    """Reads `variable = 'value'`, `all {…, …}` or `any {…, …}`, one in the other; with the text after it."""
    if found := _COMPARISON.match(text):
        name, value = found[1], found[2].lower()
        return lambda variables: name in variables and variables[name].lower() == value, text[found.end() :]
    if not (found := _SEVERAL.match(text)):
        raise PolicyError(f"unexpected {text!r}")
    combine = all if found[1].lower() == "all" else any
    parts, rest = [], "," + text[found.end() :]
    while rest.startswith(","):
        part, rest = _condition(rest[1:])
        parts.append(part)
    if not rest.startswith("}"):
        raise PolicyError(f"unexpected {rest!r}")
    return lambda variables: combine([part(variables) for part in parts]), rest[1:].lstrip()


class Target(NamedTuple):
    """What an operation is asked for.

    Attributes:
        compartments: that of the resource and those above it; none for another tenancy's.
        refusal: the answer to somebody who lacks the permission: the same as if nothing were there.
        names: variables of the policy's conditions, such as `target.bucket.name`.
        case: of the operation, where its permissions depend on the target.
    """

    compartments: frozenset[str]
    refusal: ApiError
    names: Mapping[str, str] = {}
    case: str = ""


@dataclass
class Policy:
    """Statements, which may be replaced at any time; None allows everything to everybody."""

    statements: Sequence[Statement] | None

    def allows(self, who: Principal, operation: str, target: Target) -> bool:
        """Raises KeyError for an operation that has no row in the table: a bug of the emulator."""
        needs = _NEEDS[f"{operation} {target.case}".strip()].split()
        if self.statements is None or who.administrator:
            return True
        asked = {
            **target.names,
            "request.operation": operation,
            "request.principal.type": who.type,
            "request.principal.id": who.id,
            **({"request.resource.compartment.id": who.compartment} if who.compartment else {}),
        }

        def granted(permission: str) -> bool:
            statements = self.statements or ()
            return any(each.grants(permission, who, target.compartments, asked) for each in statements)

        return all(any(map(granted, any_of.split("|"))) for any_of in needs)

    @contextmanager
    def without(self, part: str) -> Iterator[None]:
        """For a while, takes away each statement that has this part, with its variables or filled in."""
        before = list(self.statements or ())
        left = [each for each in before if part not in each.text and part not in each.source]
        if len(left) == len(before):
            raise ValueError(f"no statement has {part!r}")
        self.statements = left
        try:
            yield
        finally:
            self.statements = before
