"""What Compute does with retry tokens: asked by the user, for the function hides it."""

from .. import points
from ..as_user import export_as_user
from ..following import follow
from ..run import Place, Run, StepFailed


def ask_compute(run: Run) -> None:
    """Raises StepFailed where Compute does not take the user's own export."""
    run.wait_until_available()
    token = f"live-{run.stamp}-own"
    place, other = run.place("own.oci"), run.place("own-other.oci")
    answered = export_as_user(run, place, token)
    work_request_id = answered.work_request_id
    if work_request_id is None:
        why = f"your user was refused: {answered}"
        for point in (points.LOOKS_AT, points.OTHER_PAYLOAD):
            run.findings.not_seen(point, why)
        raise StepFailed(why)
    if run.image_state() != "EXPORTING":
        run.findings.not_seen(points.LOOKS_AT, "the image was not EXPORTING while its export ran")
    else:
        _repeat(run, place, token, work_request_id)
    conclusive = _repeat_with_other_payload(run, other, token, work_request_id)
    follow(run, work_request_id, place, "export as your user")
    if not conclusive:
        run.wait_until_available()
        _repeat_with_other_payload(run, other, token, work_request_id, again=True)


def _repeat(run: Run, place: Place, token: str, work_request_id: str) -> None:
    answered = export_as_user(run, place, token)
    if answered.status == 409:
        seen = f"the image's state: {answered} to a request whose export runs"
        run.findings.seen(points.LOOKS_AT, seen, as_assumed=False)
    elif answered.work_request_id == work_request_id:
        seen = "the retry token: the same work request again while the image is EXPORTING"
        run.findings.seen(points.LOOKS_AT, seen, as_assumed=True)
    elif answered.work_request_id:
        run.findings.seen(points.LOOKS_AT, "neither: a second export was accepted", as_assumed=False)
        follow(run, answered.work_request_id, place, "a second export as your user")
    else:
        run.findings.not_seen(points.LOOKS_AT, f"your user was refused: {answered}")


def _repeat_with_other_payload(
    run: Run, other: Place, token: str, work_request_id: str, *, again: bool = False
) -> bool:
    """Whether the answer tells anything: a 409 for the image's state does not."""
    answered = export_as_user(run, other, token)
    if answered.status == 409 and answered.code != "InvalidatedRetryToken" and not again:
        return False
    if answered.work_request_id == work_request_id:
        run.findings.seen(points.OTHER_PAYLOAD, "200 and the first work request", as_assumed=False)
    elif answered.work_request_id:
        run.findings.seen(points.OTHER_PAYLOAD, "200 and another export", as_assumed=False)
        follow(run, answered.work_request_id, other, "another export as your user")
    else:
        as_assumed = answered.code == "InvalidatedRetryToken"
        run.findings.seen(points.OTHER_PAYLOAD, str(answered), as_assumed=as_assumed)
    return True
