"""What the program shows: steps, a bar, a verdict; lines of plain text when piped."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn


class Bar(Protocol):
    """Shows how far something is."""

    def __call__(self, percent: float, status: str) -> None: ...


class Screen:
    """Writes to stdout. `failed` holds the checks that did not come true, in order."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
        # Piped, there is no width to keep to and nothing to colour: a line stays a line.
        self.console = Console(highlight=False, soft_wrap=True)
        self.checks: list[tuple[str, bool]] = []
        self._began = time.monotonic()

    @property
    def failed(self) -> list[str]:
        """The checks that did not come true."""
        return [what for what, came_true in self.checks if not came_true]

    def title(self, text: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold]{escape(text)}[/bold]")

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Names and what they stand for, a line each."""
        for name, value in facts:
            self.console.print(f"  [cyan]{escape(name):<10}[/cyan] {escape(value)}")

    def step(self, actor: str, what: str) -> None:
        """Something that happened: who did what."""
        elapsed = time.monotonic() - self._began
        self.console.print(f"  [dim]{elapsed:6.2f} s[/dim]  [cyan]{escape(actor):<14}[/cyan] {escape(what)}")

    def line(self, text: str) -> None:
        """A line as it is."""
        self.console.print(escape(text))

    def log(self, text: str) -> None:
        """A line of the function's log."""
        self.console.print(f"  [dim]function's log  {escape(text)}[/dim]")

    def check(self, what: str, came_true: bool) -> bool:
        """Notes whether a part of the story came true; a part that did not is shown at once."""
        self.checks.append((what, came_true))
        if not came_true:
            self.console.print(f"  [bold red]✗ did not come true:[/bold red] {escape(what)}")
        return came_true

    @contextmanager
    def bar(self, label: str) -> Iterator[Bar]:
        """A progress bar on a terminal, a line for each change elsewhere."""
        if not self.console.is_terminal:
            yield self._lines(label)
            return
        columns = (
            TextColumn("            {task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %  {task.fields[status]}"),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(escape(label), total=100, status="")
            yield lambda percent, status: progress.update(task, completed=percent, status=status)

    def verdict(self) -> None:
        """All checks, and what came of them."""
        failed = len(self.failed)
        self.title(f"{failed} of it did not come true" if failed else "All of it came true")
        for what, came_true in self.checks:
            mark = "[green]✓[/green]" if came_true else "[bold red]✗[/bold red]"
            self.console.print(f"  {mark} {escape(what)}")

    def _lines(self, label: str) -> Bar:
        shown: list[tuple[float, str]] = []

        def show(percent: float, status: str) -> None:
            if (percent, status) not in shown:
                shown.append((percent, status))
                self.step("work request", f"{label}  {percent:3.0f} %  {status}")

        return show
