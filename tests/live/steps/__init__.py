"""The steps of a run, in their order."""

from collections.abc import Callable
from dataclasses import dataclass

from ..run import Run
from .audit import look_into_audit
from .catch_up import look_for_missing
from .clean_up import clean_up
from .compute import ask_compute
from .dry_run import dry_run
from .event import deliver_twice
from .export import export_by_call
from .look import look_around


@dataclass(frozen=True)
class Step:
    """What is done, what it takes at most, and how to undo it: for the plan. `name` is for `--skip`."""

    name: str
    does: str
    takes: str
    undo: str
    work: Callable[[Run], None]
    may_be_skipped: bool = True


NOTHING = "nothing to undo"
STEPS = (
    Step(
        "look",
        "reads the function and its configuration, the image, the bucket",
        "seconds",
        NOTHING,
        look_around,
        may_be_skipped=False,
    ),
    Step(
        "dry-run",
        "calls the function with a dry run: checks its configuration, its policy and the destination",
        "seconds",
        NOTHING,
        dry_run,
    ),
    Step(
        "catch-up",
        "calls the function with a catch-up's dry run, and shows what one would do",
        "seconds",
        NOTHING,
        look_for_missing,
    ),
    Step(
        "export",
        "exports the image through the function, asks for a second export meanwhile, follows the work"
        " request, looks at object, record and log",
        "one export",
        "to undo, delete the object: done at the end",
        export_by_call,
    ),
    Step(
        "event",
        "sends the function one event of the image's creation, twice, and waits for its one export",
        "one export",
        "to undo, delete the object in the events' bucket: done at the end",
        deliver_twice,
    ),
    Step(
        "compute",
        "exports the image as your own user, without the function, and repeats the request meanwhile",
        "one export",
        "to undo, delete the object: done at the end",
        ask_compute,
    ),
    Step("audit", "looks up the image's events in Audit", "seconds", NOTHING, look_into_audit),
    Step(
        "clean-up",
        "deletes the objects, requests and record that this run has made",
        "seconds",
        "what is deleted can't be undone: --keep leaves it out",
        clean_up,
        may_be_skipped=False,
    ),
)
