"""What a program shows: steps, checks and their verdict."""

import codecs
import json
import re
import sys
import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.markup import escape

_OCID = re.compile(
    r"\bocid1\.([a-z0-9]+)\.[a-z0-9-]*\.[a-z0-9-]*\.(?:[a-z0-9.-]*\.)?([a-z0-9_-]+)", re.IGNORECASE
)
_LAST = 6

# Of something's progress, which is also told when its status changes.
_STEP_EVERY_PERCENT = 10.0

# For an encoding that does not have them.
_PLAIN = {"✓": "ok", "✗": "FAILED", "“": '"', "”": '"', "…": "..."}


def _plain(problem: UnicodeError) -> tuple[str, int]:
    assert isinstance(problem, UnicodeEncodeError)
    unknown = problem.object[problem.start : problem.end]
    return "".join(_PLAIN.get(character, "?") for character in unknown), problem.end


codecs.register_error("plain", _plain)


def short_ocids(text: str) -> str:
    """The text with no more of an OCID than its kind and its last characters."""
    return _OCID.sub(lambda found: f"ocid1.{found[1]}…{found[2][-_LAST:]}", text)


class Screen:
    """Writes to stdout. `checks` holds what was checked, in order, and whether it passed; `steps` what
    happened: seconds since the beginning, who, what."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            getattr(stream, "reconfigure", lambda **_: None)(errors="plain")
        # Piped, there is no width to keep to and nothing to colour: a line stays a line.
        self.console = Console(highlight=False, soft_wrap=True)
        self.checks: list[tuple[str, bool]] = []
        self.steps: list[tuple[float, str, str]] = []
        self._began = time.monotonic()

    @property
    def failed(self) -> list[str]:
        return [what for what, passed in self.checks if not passed]

    def title(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/bold]")

    def facts(self, facts: Mapping[str, str]) -> None:
        for name, value in facts.items():
            self.console.print(f"  [cyan]{escape(name):<10}[/cyan] {escape(value)}")

    def step(self, actor: str, what: str) -> None:
        elapsed = time.monotonic() - self._began
        self.steps.append((elapsed, actor, what))
        self.console.print(f"  [dim]{elapsed:6.2f} s[/dim]  [cyan]{escape(actor):<14}[/cyan] {escape(what)}")

    def line(self, text: str) -> None:
        self.console.print(escape(text))

    def document(self, document: object) -> None:
        for line in json.dumps(document, indent=2, ensure_ascii=False).splitlines():
            self.log(line)

    def log(self, text: str) -> None:
        self.console.print(f"            [dim]{escape(text)}[/dim]")

    def check(self, what: str, passed: bool) -> bool:
        """Notes whether a check passed; one that failed is shown at once."""
        self.checks.append((what, passed))
        if not passed:
            self.console.print(f"  [bold red]✗ failed:[/bold red] {escape(what)}")
        return passed

    def progress(self, label: str) -> Callable[[float, str], None]:
        """What to tell of something's progress as it goes on: how many percent are done, and its status."""
        shown: list[tuple[float, str]] = []

        def show(percent: float, status: str) -> None:
            if not shown or status != shown[-1][1] or percent >= shown[-1][0] + _STEP_EVERY_PERCENT:
                shown.append((percent, status))
                self.step("work request", f"{label}  {percent:3.0f} %  {status}")

        return show

    def verdict(self) -> None:
        failed = len(self.failed)
        plural = "check" if failed == 1 else "checks"
        self.title(f"{failed} {plural} failed" if failed else "All checks passed")
        for what, passed in self.checks:
            mark = "[green]✓[/green]" if passed else "[bold red]✗[/bold red]"
            self.console.print(f"  {mark} {escape(what)}")
