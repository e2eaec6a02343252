"""Shows the work request of an image export, and of nothing else."""

from handlers.errors import ServiceRefusal
from handlers.exports import work_request
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import Shown, ShowWorkRequest
from handlers.exports.services import Answer


def show(command: ShowWorkRequest, at_hand: AtHand) -> Shown:
    """The work request, or its errors or logs, as Compute has them.

    Raises ServiceRefusal 404 for any other work request, in the same words as for one that does not exist.
    """
    services = at_hand.services.work_requests
    try:
        answer = at_hand.attempts.at_work(lambda until: services.get(command.work_request_id, until=until))
    except ServiceRefusal as refusal:
        if refusal.status == 404:
            raise _not_found(refusal.request_id) from None
        raise
    if not work_request.is_export(answer.document):
        raise _not_found(answer.request_id)
    return Shown(answer if not command.part else _part(command, at_hand))


def _part(command: ShowWorkRequest, at_hand: AtHand) -> Answer:
    services = at_hand.services.work_requests
    read = services.errors if command.part == "errors" else services.logs
    return at_hand.attempts.at_work(lambda until: read(command.work_request_id, until=until))


def _not_found(request_id: str | None) -> ServiceRefusal:
    return ServiceRefusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service="Work Requests",
        request_id=request_id,
    )
