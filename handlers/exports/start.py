"""Starts an export: once for each request, whatever fails, and tells the topic."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from handlers.errors import ExportError, ServiceRefusal
from handlers.exports import announcement, object_url, par_fallback, running_export
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import Started, StartExport

_log = logging.getLogger(__name__)


def start(command: StartExport, at_hand: AtHand) -> Started:
    """The accepted export: announced, or with the code of what kept it from being announced.

    Raises ExportError where no export came about.
    """
    started = _export_or_fall_back(command, at_hand)
    if started.work_request_id is None:
        _log.error("Compute accepted the export of %s without a work request id", command.image_id)
    message = announcement.accepted(command, started, at_hand.source, at_hand.attempts.clock.now())
    try:
        message_id = at_hand.announce(message)
    except ExportError as failure:
        _log.error("the export runs, but was not announced: %s %s", failure.code, failure.message)
        return replace(started, notification_error=failure.code)
    return replace(started, message_id=message_id)


def details(command: StartExport) -> Mapping[str, str]:
    """The command's ExportImageDetails, as the API reference has them."""
    place = command.destination
    if place.base:
        where = {"destinationType": "objectStorageUri", "destinationUri": object_url.build(place)}
    else:
        where = {"destinationType": "objectStorageTuple", **place.names}
    return {**where, "exportFormat": command.export_format}


def _export_or_fall_back(command: StartExport, at_hand: AtHand) -> Started:
    try:
        return at_hand.attempts.at_work(lambda until: _export(command, at_hand, until))
    except ServiceRefusal as refusal:
        if at_hand.par_hours is None or not par_fallback.cures(refusal, command):
            raise
        fallback = par_fallback.through_par(command, refusal, at_hand, at_hand.par_hours)
    return at_hand.attempts.at_work(lambda until: _export(fallback, at_hand, until))


def _export(command: StartExport, at_hand: AtHand, until: float) -> Started:
    try:
        image = at_hand.services.compute.export_image(
            command.image_id,
            details(command),
            retry_token=command.retry_token,
            if_match=command.if_match,
            until=until,
        )
    except ServiceRefusal as refusal:
        running = running_export.behind(refusal, command, at_hand.services, until)
        if running is None:
            raise
        return running
    return Started(image.work_request_id, image)
