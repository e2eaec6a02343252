"""Deletes what the run has made."""

from ..following import ENDED
from ..objects import record_place, recorded_export, requests_of_the_function
from ..points import END_EVENT
from ..run import REFUSED, UNREACHED, Place, Run, told


def clean_up(run: Run) -> None:
    """Objects, pre-authenticated requests, the record: nothing that was there before the run."""
    if run.options.keep or run.unfinished:
        _tell_what_stays(run)
        return
    for place in run.objects:
        _delete_object(run, place)
    _delete_requests(run)
    record = record_place(run)
    if record and run.had_record and run.followed:
        run.screen.step("Object Storage", f"keeps this run's exports in the record that was there: {record}")
    elif record and run.followed:
        _wait_for_the_last_ending(run)
        _delete_object(run, record)


def _tell_what_stays(run: Run) -> None:
    for work_request_id in run.unfinished:
        run.screen.step("Compute", f"still exports: {work_request_id}")
    why = "kept, as you asked" if run.options.keep else "yours to delete once the exports have ended"
    made = [*run.objects, *([record] if (record := record_place(run)) and not run.had_record else [])]
    for place in made:
        run.screen.step("Object Storage", f"{why}: {place}")


def _wait_for_the_last_ending(run: Run) -> None:
    """The function would write a record that was deleted too early anew."""

    def is_complete() -> bool:
        entries = [recorded_export(run, work_request_id) for work_request_id in run.followed]
        return all(entry is not None and entry["status"] in ENDED for entry in entries)

    if (seen := run.findings.get(END_EVENT)) and seen.result == "confirmed":
        run.wait(is_complete, run.options.notice_limit_s)


def _delete_object(run: Run, place: Place) -> None:
    try:
        run.clients.object_storage.delete_object(place.namespace, place.bucket, place.name)
    except (REFUSED, *UNREACHED) as problem:
        # What was asked for and refused was never made.
        if getattr(problem, "code", None) != "ObjectNotFound":
            run.check(f"{place} is deleted: {told(problem)}", False)
    else:
        run.screen.step("Object Storage", f"deleted {place}")


def _delete_requests(run: Run) -> None:
    """Those for this run's objects: the user's, and what the function has not deleted itself."""
    requests = {request.id: place for place, request in run.own_requests.items()}
    places = {(place.namespace, place.bucket, place.name): place for place in run.objects}
    for namespace, bucket in {(place.namespace, place.bucket) for place in run.objects}:
        for request_id, name in (requests_of_the_function(run, namespace, bucket) or {}).items():
            if place := places.get((namespace, bucket, name)):
                requests[request_id] = place
    for request_id, place in requests.items():
        try:
            run.clients.object_storage.delete_preauthenticated_request(
                place.namespace, place.bucket, request_id
            )
        except (REFUSED, *UNREACHED) as problem:
            run.check(f"a pre-authenticated request is deleted: {told(problem)}", False)
        else:
            run.screen.step("Object Storage", f"deleted a pre-authenticated request for {place}")
