"""The table at the end, in Markdown, to be pasted into an issue: without secrets, OCIDs shortened."""

import re

from tests.local.screen import short_ocids

from .points import POINTS, Finding, Findings

NEVER_REACHED = Finding("the run did not get there", "not seen")

_SECRETS = (
    (re.compile(r"/p/[^/\s]+/"), "/p/…/"),  # the token of a pre-authenticated request
    (re.compile(r"\b(?:ST\$)?eyJ[\w-]+(?:\.[\w-]+)*"), "…"),  # a session token
    (re.compile(r'(signature|keyId)="[^"]*"'), r'\1="…"'),
)


def shortened(text: str) -> str:
    """The text without secrets, and with no more of an OCID than its kind and its last characters."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return short_ocids(text)


def table(findings: Findings) -> str:
    """One row for each open point."""
    rows = ["| open point | assumed | seen | result |", "| --- | --- | --- | --- |"]
    for point in POINTS:
        finding = findings.get(point, NEVER_REACHED)
        cells = (point.question, point.assumed, finding.seen, f"*{finding.result}*")
        rows.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    return " ".join(shortened(text).split()).replace("|", "\\|")
