"""The routes of a deployment specification, and which of them a request takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PARAMETER = re.compile(r"\{(?P<name>[^{}*]+)(?P<rest>\*?)\}")


@dataclass(frozen=True)
class Route:
    """One route: `path` as in the specification, `methods` in capitals (ANY is any), and its policies."""

    path: str
    methods: frozenset[str]
    request_policies: Mapping[str, Any]
    response_policies: Mapping[str, Any]

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters, still percent-encoded, if the path (without the prefix) is this route's."""
        found = _pattern(self.path).fullmatch(path)
        return (
            None
            if found is None
            else {name.removeprefix("p_"): value for name, value in found.groupdict().items()}
        )

    def takes(self, method: str) -> bool:
        """Whether the route is for that method."""
        return "ANY" in self.methods or method in self.methods


def read_routes(specification: Mapping[str, Any]) -> list[Route]:
    """The specification's routes in their order. Raises ValueError for a backend that is no function."""
    routes = []
    for entry in specification["routes"]:
        if entry["backend"]["type"] != "ORACLE_FUNCTIONS_BACKEND" or not entry["backend"]["functionId"]:
            raise ValueError(f"the route {entry['path']} has no function as its backend")
        routes.append(
            Route(
                path=entry["path"],
                methods=frozenset(entry.get("methods", ["ANY"])),
                request_policies=entry.get("requestPolicies") or {},
                response_policies=entry.get("responsePolicies") or {},
            )
        )
    return routes


def find_route(
    routes: Sequence[Route], method: str, path: str
) -> tuple[Route | None, dict[str, str], set[str]]:
    """The route and its path parameters; or None, and the methods that the path has (none: no such path).

    Of the routes for this path and method the most specific is taken: segment by segment, a literal comes
    before a parameter, and a parameter before a wildcard. Whether the real gateway goes on to a less specific
    route when the more specific one lacks the method is not documented; here it does.
    """
    allowed: set[str] = set()
    for route in sorted(routes, key=lambda route: _specificity(route.path)):
        parameters = route.match(path)
        if parameters is None:
            continue
        if route.takes(method):
            return route, parameters, allowed
        allowed |= route.methods
    return None, {}, allowed


def _specificity(path: str) -> list[int]:
    """Sorts before that of a less specific path."""
    ranks = []
    for segment in path.split("/"):
        parameter = _PARAMETER.search(segment)
        ranks.append(0 if parameter is None else 2 if parameter["rest"] else 1)
    return ranks


def _pattern(path: str) -> re.Pattern[str]:
    """{name} is one segment, not empty; {name*} is the rest (a subset of RFC 6570, says the SDK)."""
    pattern, end = "", 0
    for parameter in _PARAMETER.finditer(path):
        pattern += re.escape(path[end : parameter.start()])
        pattern += f"(?P<p_{parameter['name']}>{'.*' if parameter['rest'] else '[^/]+'})"
        end = parameter.end()
    return re.compile(pattern + re.escape(path[end:]))
