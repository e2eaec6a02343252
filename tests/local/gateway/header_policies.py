"""A route's header transformations: set and rename, then filter.

The filter comes last, says the SDK's FilterHeaderPolicy: "any headers set or renamed must also be listed here
when using an ALLOW type policy". Which of the other two comes first is not documented.
"""

import re
from collections.abc import Mapping
from typing import Any

Pairs = list[tuple[str, str]]

_EXPRESSION = re.compile(r"\$\{request\.(?P<table>path|headers|query|auth)\[(?P<key>[^\]]+)\]\}")


def transform_headers(
    headers: Pairs, policy: Mapping[str, Any] | None, context: Mapping[str, Mapping[str, str]]
) -> Pairs:
    """The headers after a `headerTransformations` policy. Names are compared without their case.

    `context` has a table for each of `${request.path[..]}`, `headers`, `query`, `auth`; what is missing is
    empty.
    """
    policy = policy or {}
    headers = _rename(headers, policy.get("renameHeaders"))
    headers = _set(headers, policy.get("setHeaders"), context)
    return _filter(headers, policy.get("filterHeaders"))


def _filter(headers: Pairs, policy: Mapping[str, Any] | None) -> Pairs:
    if not policy:
        return headers
    names = {item["name"].lower() for item in policy["items"]}
    keep_listed = policy["type"] == "ALLOW"
    return [(name, value) for name, value in headers if (name.lower() in names) == keep_listed]


def _rename(headers: Pairs, policy: Mapping[str, Any] | None) -> Pairs:
    names = {item["from"].lower(): item["to"] for item in (policy or {}).get("items", [])}
    return [(names.get(name.lower(), name), value) for name, value in headers]


def _set(headers: Pairs, policy: Mapping[str, Any] | None, context: Mapping[str, Mapping[str, str]]) -> Pairs:
    for item in (policy or {}).get("items", []):
        name = item["name"].lower()
        existing = any(name == other.lower() for other, _ in headers)
        if existing and item.get("ifExists", "OVERWRITE") == "SKIP":
            continue
        if item.get("ifExists", "OVERWRITE") == "OVERWRITE":
            headers = [(other, value) for other, value in headers if other.lower() != name]
        headers = headers + [(item["name"], _evaluate(value, context)) for value in item["values"]]
    return headers


def _evaluate(text: str, context: Mapping[str, Mapping[str, str]]) -> str:
    return _EXPRESSION.sub(lambda found: context.get(found["table"], {}).get(found["key"], ""), text)
