"""The export through the function, and all that can be seen of it."""

from datetime import UTC, datetime
from typing import Any

from .. import points
from ..as_user import KNOWN_ISSUE, export_as_user
from ..following import ENDED, Ending, follow
from ..invoking import invoke, refused
from ..objects import head, recorded_export, requests_of_the_function
from ..requests import call, image_event
from ..run import REFUSED, Place, Run, StepFailed, told
from .log import lines_about


def export_by_call(run: Run) -> None:
    """Raises StepFailed where no export came about, or it did not succeed."""
    place = run.place("by-call.oci")
    reply = invoke(run, call(run, place, f"live-{run.stamp}-call"))
    if refusal := refused(reply):
        _note_refusal(run, reply)
        raise StepFailed(f"the export was refused: {refusal}")
    work_request_id = reply["workRequestId"]
    run.screen.step("Compute", f"exports to {place}: {work_request_id}")
    announced = "error" not in reply["notification"]
    run.check("the export was accepted and announced to the topic", announced)
    run.findings.seen(points.EXPORT_PERMISSION, "accepted under the function's policy", as_assumed=True)
    through_request = _goes_through_request(run, work_request_id, place)
    _note_way(run, through_request)
    _ask_for_a_second_export(run, work_request_id)
    _read_work_request(run, work_request_id)
    ending = follow(run, work_request_id, place, "export through the function")
    _note_ending(run, ending, through_request=through_request)
    if not run.check("the export through the function succeeded", ending.status == "SUCCEEDED"):
        raise StepFailed(_errors(run, work_request_id))
    _look_at_object(run, place)
    _look_for_the_announcement(run, work_request_id)


def _note_refusal(run: Run, reply: dict[str, Any]) -> None:
    if reply["message"].startswith(KNOWN_ISSUE):
        run.findings.seen(points.BY_NAME, f"no: {reply['code']}, {KNOWN_ISSUE}", as_assumed=False)
        run.findings.seen(points.PAR, "no: the function may not make one", as_assumed=False)
    elif reply["status"] == 404:
        seen = "404, although the function may read the image"
        run.findings.seen(points.EXPORT_PERMISSION, seen, as_assumed=False)


def _goes_through_request(run: Run, work_request_id: str, place: Place) -> bool | None:
    """Whether the function had to make a pre-authenticated request; None where that can't be seen."""
    if entry := recorded_export(run, work_request_id):
        return entry.get("preauthenticatedRequestId") is not None
    requests = requests_of_the_function(run, place.namespace, place.bucket)
    return None if requests is None else place.name in requests.values()


def _note_way(run: Run, through_request: bool | None) -> None:
    if through_request is None:
        why = "accepted; whether by name can be seen in neither a record nor the bucket's requests"
        run.findings.not_seen(points.BY_NAME, why)
        run.findings.not_seen(points.PAR, "whether one was made can't be seen")
    elif through_request:
        seen = "no: it was exported through a pre-authenticated request"
        run.findings.seen(points.BY_NAME, seen, as_assumed=False)
    else:
        run.findings.seen(points.BY_NAME, "yes", as_assumed=True)
        run.findings.not_seen(points.PAR, "not needed: the bucket's name was taken")


def _ask_for_a_second_export(run: Run, work_request_id: str) -> None:
    """As the user and at once: the function would wait for as long as it may."""
    if (state := run.image_state()) != "EXPORTING":
        run.findings.not_seen(points.EXPORTING_CODE, f"the image is {state} while its export runs")
        return
    place = run.place("second.oci")
    answered = export_as_user(run, place, f"live-{run.stamp}-second")
    if answered.status == 409:
        as_assumed = answered.code == "IncorrectState"
        run.findings.seen(points.EXPORTING_CODE, str(answered), as_assumed=as_assumed)
        return
    if answered.work_request_id is None:
        run.findings.not_seen(points.EXPORTING_CODE, f"your user was refused: {answered}")
        return
    if run.clients.work_requests.get_work_request(work_request_id).data.status in ENDED:
        run.findings.not_seen(points.EXPORTING_CODE, "the first export had ended")
    else:
        run.findings.seen(points.EXPORTING_CODE, "none: a second export was accepted", as_assumed=False)
    follow(run, answered.work_request_id, place, "the second export")


def _read_work_request(run: Run, work_request_id: str) -> None:
    clients, findings = run.clients.work_requests, run.findings
    try:
        work_request = clients.get_work_request(work_request_id).data
        errors = clients.list_work_request_errors(work_request_id).data
        logs = clients.list_work_request_logs(work_request_id).data
    except REFUSED as refusal:
        run.screen.step("Compute", f"your user can't read the work request: {told(refusal)}")
        for point in (points.OPERATION_TYPE, points.RESOURCES):
            findings.not_seen(point, f"your user can't read the work request: {refusal.code}")
        return
    run.screen.step("Compute", f"the work request has {len(errors)} errors and {len(logs)} log entries")
    kind = work_request.operation_type
    findings.seen(points.OPERATION_TYPE, f"`{kind}`", as_assumed=kind == "ExportImage")
    resources = [(resource.entity_type, resource.identifier) for resource in work_request.resources]
    seen = ", ".join(f"{kind} {identifier}" for kind, identifier in resources) or "none"
    as_assumed = [identifier for _, identifier in resources] == [run.options.image_id]
    findings.seen(points.RESOURCES, seen, as_assumed=as_assumed)


def _note_ending(run: Run, ending: Ending, *, through_request: bool | None) -> None:
    if ending.early_object:
        percent, stored = ending.early_object
        run.findings.seen(
            points.EARLY_OBJECT, f"yes: at {percent:.0f} %, with {stored} bytes", as_assumed=True
        )
    else:
        every = f"never, with one look every {run.options.poll_s:g} s"
        run.findings.not_seen(points.EARLY_OBJECT, every)
    if through_request:
        succeeded = ending.status == "SUCCEEDED"
        seen = f"{'yes' if succeeded else 'no'}: made, taken, and the export ended as {ending.status}"
        run.findings.seen(points.PAR, seen, as_assumed=succeeded)


def _errors(run: Run, work_request_id: str) -> str:
    errors = run.clients.work_requests.list_work_request_errors(work_request_id).data
    return "; ".join(f"{error.code}: {error.message}" for error in errors) or "no error is listed"


def _look_at_object(run: Run, place: Place) -> None:
    headers = head(run, place)
    if not run.check("the object is in the bucket", headers is not None):
        run.findings.not_seen(points.CHECKSUM, "the object can't be seen")
        return
    run.screen.step("Object Storage", f"has {place}: {headers['content-length']} bytes")
    if md5 := headers.get("opc-multipart-md5"):
        parts = md5.rpartition("-")[2]
        run.findings.seen(points.CHECKSUM, f"`opc-multipart-md5`, of {parts} parts", as_assumed=True)
    elif headers.get("content-md5"):
        run.findings.seen(points.CHECKSUM, "`content-md5`", as_assumed=True)
    else:
        run.findings.seen(points.CHECKSUM, "none", as_assumed=False)


def _look_for_the_announcement(run: Run, work_request_id: str) -> None:
    """The ending in the record or the log; else by an event of our own, as Events would have sent it."""
    if run.options.log_id:
        accepted = lines_about(run, work_request_id, "export accepted")
        run.check("the function's log has the export", bool(accepted))
    if _was_announced(run, work_request_id):
        run.findings.seen(points.END_EVENT, "yes", as_assumed=True)
        run.findings.seen(points.WORK_REQUEST_PERMISSION, "the ending was announced", as_assumed=True)
        return
    if run.records or run.options.log_id:
        waited = (
            f"not within {run.options.notice_limit_s / 60:.0f} minutes: is there a rule for exportimage.end?"
        )
        run.findings.seen(points.END_EVENT, waited, as_assumed=False)
    else:
        run.findings.not_seen(points.END_EVENT, "there is no record and no log to see it in")
    event = image_event(run, "exportimage", datetime.now(UTC).isoformat())
    try:
        reply = invoke(run, event)
    except REFUSED as refusal:
        run.check(f"the function announces the ending: {told(refusal)}", False)
        seen = "the function can't look up how the export ended; its log says why"
        run.findings.seen(points.WORK_REQUEST_PERMISSION, seen, as_assumed=False)
        return
    announced = reply.get("status") == "announced"
    run.check("the function announces the ending when it is sent the event", announced)
    seen = (
        "the ending was announced" if announced else f"answered {reply.get('status')} {reply.get('code', '')}"
    )
    run.findings.seen(points.WORK_REQUEST_PERMISSION, seen, as_assumed=announced)


def _was_announced(run: Run, work_request_id: str) -> bool:
    """Waits until the record is complete, or the log tells of the announcement."""
    if run.records:

        def complete() -> bool:
            entry = recorded_export(run, work_request_id)
            return entry is not None and entry["status"] in ENDED

        came = run.wait(complete, run.options.notice_limit_s)
        if run.check("the function's record has the export and its ending", came):
            entry = recorded_export(run, work_request_id)
            run.screen.document(entry)
        return came
    return bool(run.options.log_id) and bool(lines_about(run, work_request_id, "ending announced"))
