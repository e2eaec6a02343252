"""Announces how an export ended. The image is AVAILABLE either way; its work request tells."""

import logging
from collections.abc import Mapping
from typing import Any

from handlers.errors import NoAnswer
from handlers.exports import announcement, work_request
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import Announced, AnnounceEnding, Ignored

_log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0


def announce(command: AnnounceEnding, at_hand: AtHand) -> Announced | Ignored:
    """The published ending, or Ignored where the image has no export.

    Raises NoAnswer if the export outlasts the budget: delivered again, the event finds it further on.
    """
    found = _newest_export(command, at_hand)
    if found is None:
        _log.warning("no work request of an export was found for %s", command.image_id)
        return Ignored("no work request of an export was found")
    ended = _wait(str(found.get("id")), at_hand)
    errors = _errors(ended, at_hand)
    message = announcement.ended(command, ended, errors, at_hand.source, at_hand.attempts.clock.now())
    return Announced(str(ended.get("id")), str(ended.get("status")), at_hand.announce(message))


def _newest_export(command: AnnounceEnding, at_hand: AtHand) -> Mapping[str, Any] | None:
    services, attempts = at_hand.services, at_hand.attempts
    compartment_id = command.compartment_id
    if not compartment_id:
        image = attempts.at_work(lambda until: services.compute.get_image(command.image_id, until=until))
        compartment_id = image.text("compartmentId") or ""
    listed = attempts.at_work(
        lambda until: services.work_requests.of_resource(compartment_id, command.image_id, until=until)
    )
    exports = work_request.exports_newest_first(listed.document)
    # An event that comes late must not announce a later export's ending: what was accepted after it is not
    # meant.
    before = [
        export for export in exports if command.time is None or work_request.accepted(export) <= command.time
    ]
    return next(iter(before or exports), None)


def _wait(work_request_id: str, at_hand: AtHand) -> Mapping[str, Any]:
    attempts = at_hand.attempts
    while True:
        answer = attempts.at_work(
            lambda until: at_hand.services.work_requests.get(work_request_id, until=until)
        )
        if work_request.is_finished(answer.document):
            return dict(answer.document)
        pause = max(_POLL_SECONDS, answer.retry_after or 0.0)
        if attempts.clock.monotonic() + pause >= attempts.budget.work:
            raise NoAnswer("The export had not ended when the function's time was up.")
        attempts.clock.sleep(pause)


def _errors(ended: Mapping[str, Any], at_hand: AtHand) -> list[dict[str, str]]:
    if ended.get("status") != "FAILED":
        return []
    answer = at_hand.attempts.at_work(
        lambda until: at_hand.services.work_requests.errors(str(ended.get("id")), until=until)
    )
    listed = answer.document if isinstance(answer.document, list) else []
    return [
        {"code": str(entry.get("code")), "message": str(entry.get("message"))}
        for entry in listed
        if isinstance(entry, Mapping)
    ]
