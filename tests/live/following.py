"""Waiting for an export to end."""

import time
from dataclasses import dataclass

from .objects import size
from .run import REFUSED, UNREACHED, Place, Run, StepFailed

ENDED = ("SUCCEEDED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class Ending:
    """How an export ended. `early_object`: when its object was first seen before, in percent, and how many
    bytes it had."""

    status: str
    early_object: tuple[float, int] | None


def follow(run: Run, work_request_id: str, place: Place | None, label: str) -> Ending:
    """Waits until the export has ended, tells how it gets on, and looks at its object meanwhile.

    Raises StepFailed when the limit is over, or the work request can't be read; the export goes on then.
    """
    run.unfinished.append(work_request_id)
    give_up = time.monotonic() + run.options.export_limit_s
    early: tuple[float, int] | None = None
    show = run.screen.progress(label)
    while time.monotonic() < give_up:
        # The object first: if it is there and the export has not ended, it was there before the end.
        stored = size(run, place) if place else None
        percent, status = _progress(run, work_request_id)
        show(percent, status)
        if status in ENDED:
            run.unfinished.remove(work_request_id)
            run.followed.append(work_request_id)
            return Ending(status, early)
        if stored is not None and early is None:
            early = (percent, stored)
        time.sleep(run.options.poll_s)
    raise StepFailed(f"the export has not ended within {run.options.export_limit_s / 60:.0f} minutes")


def _progress(run: Run, work_request_id: str) -> tuple[float, str]:
    """Percent and status; a service that can't be reached for a while ends nothing."""
    try:
        work_request = run.clients.work_requests.get_work_request(work_request_id).data
    except UNREACHED:
        return 0.0, "can't be reached"
    except REFUSED as refusal:
        if refusal.status == 429 or refusal.status >= 500:
            return 0.0, f"answers {refusal.status}"
        raise StepFailed(f"your user can't read the work request: {refusal.code}") from None
    return float(work_request.percent_complete or 0), str(work_request.status)
