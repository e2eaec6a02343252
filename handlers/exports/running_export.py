"""Finds the export behind a refusal: an earlier delivery of the same request may have started it already."""

import logging

from handlers.errors import ExportError, ServiceRefusal
from handlers.exports import work_request
from handlers.exports.commands import Started, StartExport
from handlers.exports.services import Answer, Services

_log = logging.getLogger(__name__)

_TOKEN_WAS_USED = "InvalidatedRetryToken"  # noqa: S105  # an error code
_EXPLAINABLE = frozenset({"IncorrectState", "Conflict", _TOKEN_WAS_USED})


def behind(refusal: ServiceRefusal, command: StartExport, services: Services, until: float) -> Started | None:
    """The accepted export that explains the refusal, if there is one.

    Raises what kept it from being found, if that passes: the export is then tried again as a whole.
    """
    if refusal.status != 409 or refusal.code not in _EXPLAINABLE:
        return None
    token_was_used = refusal.code == _TOKEN_WAS_USED
    # Nobody but an event's sender repeats a request without looking. But each delivery of any request makes a
    # new pre-authenticated request, so that its payload differs under the same retry token: that is our
    # doing, not the caller's.
    if command.event is None and not (command.is_fallback and token_was_used):
        return None
    try:
        image, compartment_id = _compartment_of(command, services, until)
        listed = services.work_requests.of_resource(compartment_id, command.image_id, until=until)
    except ExportError as failure:
        _log.warning("could not look for a running export: %s %s", failure.code, failure.message)
        if failure.passing:
            raise
        return None
    for export in work_request.exports_newest_first(listed.document):
        # A token that was used belongs to an accepted export, also when that has ended meanwhile.
        if token_was_used or not work_request.is_finished(export):
            return Started(str(export.get("id")), image)
    return None


def _compartment_of(command: StartExport, services: Services, until: float) -> tuple[Answer | None, str]:
    if command.event is not None and command.event.compartment_id:
        return None, command.event.compartment_id
    image = services.compute.get_image(command.image_id, until=until)
    return image, image.text("compartmentId") or ""
