"""One policy statement: `Allow <subject> to <verb> <resource-type> in <location> where <conditions>`.

Source: Oracle's "Policy Syntax" and "Conditions": matching ignores case; a condition on a variable that
the request does not have is false. Patterns are written `/…*…/`. Some of Oracle's examples have them in
quotes and without slashes, `'prod/*'`: whether that is one is not known, so it is refused, as is a location
by name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from . import principals
from .permissions import GRANTED_BY, RESOURCE_TYPES, VERBS
from .principals import Principal
from .wildcard import fits

ANY_USER = "any-user"

Variables = Mapping[str, str]
Condition = Callable[[Variables], bool]

_NAME = r"[\w.-]+|'[^']+'"
_STATEMENT = re.compile(
    rf"""\s*allow \s+
    (?: dynamic-group \s+ (?:(?P<domain>{_NAME})/)? (?P<group>{_NAME})
      | service \s+ (?P<service>{_NAME}) | (?P<any>any-user) )
    \s+ to \s+ (?P<verb>{"|".join(VERBS)}) \s+ (?P<what>{"|".join(RESOURCE_TYPES)})
    \s+ in \s+ (?: tenancy | compartment \s+ id \s+ (?P<compartment>[\w.-]+) )
    (?: \s+ where \s+ (?P<condition>.+) )?\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(
    r"\s*(?:(?P<sign>!=|[={},])|'(?P<text>[^']*)'|/(?P<pattern>[^\s',{}]+)/|(?P<word>[\w.-]+))"
)


class PolicyError(ValueError):
    """A statement that the services would not take, or that can't be what its author meant."""


@dataclass(frozen=True)
class Statement:
    """`source` is the statement as it stood before its variables were filled in."""

    text: str
    source: str
    subject: str
    verb: str
    resource_types: frozenset[str]
    compartment: str | None
    condition: Condition

    @classmethod
    def parse(cls, text: str, source: str | None = None) -> Self:
        """Raises PolicyError, which names the statement."""
        found = _STATEMENT.fullmatch(text)
        if not found:
            raise PolicyError(f"no policy statement: {text}")
        try:
            condition = _Conditions(found["condition"]).parse() if found["condition"] else _always
        except PolicyError as problem:
            raise PolicyError(f"{problem}: {text}") from None
        return cls(
            text,
            source or text,
            _subject(found),
            found["verb"].lower(),
            frozenset(RESOURCE_TYPES[found["what"].lower()]),
            found["compartment"],
            condition,
        )

    def grants(self, permission: str, who: Principal, compartments: frozenset[str], asked: Variables) -> bool:
        """Whether it alone gives one permission; `compartments` are the target's own and those above it."""
        resource_type, verb = GRANTED_BY[permission]
        return (
            self.subject in {ANY_USER, *who.subjects}
            and resource_type in self.resource_types
            and VERBS.index(self.verb) >= VERBS.index(verb)
            and (bool(compartments) if self.compartment is None else self.compartment in compartments)
            and self.condition({**asked, "request.permission": permission})
        )


def _subject(found: re.Match[str]) -> str:
    if found["any"]:
        return ANY_USER
    if found["service"]:
        return principals.service(found["service"].strip("'"))
    return principals.dynamic_group(
        found["group"].strip("'"), (found["domain"] or principals.DEFAULT_DOMAIN).strip("'")
    )


def _always(variables: Variables) -> bool:
    return True


class _Conditions:
    """Reads `variable = value`, `variable != value`, `all {…, …}` and `any {…, …}`, one in the other."""

    def __init__(self, text: str) -> None:
        self._rest = text.strip()

    def parse(self) -> Condition:
        condition = self._condition()
        if self._rest:
            raise PolicyError(f"unexpected {self._rest!r}")
        return condition

    def _condition(self) -> Condition:
        word = self._take("word")
        if word.lower() in ("all", "any"):
            return self._several(all if word.lower() == "all" else any)
        negated = self._take("sign", "=", "!=") == "!="
        fits_value = self._value()
        return lambda variables: word in variables and fits_value(variables[word].lower()) is not negated

    def _several(self, combine: Callable[[list[bool]], bool]) -> Condition:
        self._take("sign", "{")
        parts = [self._condition()]
        while self._take("sign", ",", "}") == ",":
            parts.append(self._condition())
        return lambda variables: combine([part(variables) for part in parts])

    def _value(self) -> Callable[[str], bool]:
        kind, value = self._next()
        value = value.lower()
        if kind == "pattern":
            return lambda text: fits(value, text)
        if kind != "text" or "*" in value:
            raise PolicyError(f"{value!r} is neither text in quotes nor a pattern between slashes")
        return lambda text: text == value

    def _take(self, kind: str, *allowed: str) -> str:
        found, value = self._next()
        if found != kind or (allowed and value not in allowed):
            raise PolicyError(f"unexpected {value!r}")
        return value

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._rest)
        if not found or found.lastgroup is None:
            raise PolicyError(f"unexpected {self._rest!r}")
        self._rest = self._rest[found.end() :].strip()
        return found.lastgroup, found[found.lastgroup]
