"""The table at the end, in Markdown, to be pasted into an issue: without secrets, OCIDs shortened."""

import re
from collections.abc import Iterable, Sequence

from tests.local.screen import short_ocids

from .points import OTHER_POINTS, POINTS, Finding, Findings

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
    """One row for each open point that a run looks at."""
    found = [(*point, findings.get(point, NEVER_REACHED)) for point in POINTS]
    rows = [(question, assumed, seen, f"*{result}*") for question, assumed, (seen, result) in found]
    return _table(("open point", "assumed", "seen", "result"), rows)


def open_points() -> str:
    """What is assumed, one row for each open point, also for those that no run shows."""
    return _table(("open point", "assumed"), (*POINTS, *OTHER_POINTS))


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(shortened(text).split()).replace("|", "\\|")
