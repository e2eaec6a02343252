"""Exports through a pre-authenticated request where Compute's known issue forbids the bucket's name.

Principals of a dynamic group, as functions are, may be told that a bucket does not exist when they export to
it by name; Oracle's way around is a pre-authenticated request (Compute's known issues, "Invalid bucketName
error when importing or exporting a custom image").
"""

import logging
from dataclasses import replace
from datetime import timedelta

from handlers import redaction
from handlers.errors import ServiceRefusal
from handlers.exports import retry_token
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import StartExport

_log = logging.getLogger(__name__)

_KNOWN_REFUSAL = "Invalid bucketName"
_MISSING_PERMISSION = (
    " The function may not create the pre-authenticated request that gets around this: it needs"
    " the permission PAR_MANAGE on the bucket, and OBJECT_CREATE and OBJECT_OVERWRITE on its objects."
)


def cures(refusal: ServiceRefusal, command: StartExport) -> bool:
    """Whether a pre-authenticated request may get around this refusal of an export by bucket name."""
    return (
        not command.destination.base
        and refusal.answered == 400
        and refusal.code == "InvalidParameter"
        and refusal.message.startswith(_KNOWN_REFUSAL)
    )


def through_par(command: StartExport, refusal: ServiceRefusal, at_hand: AtHand, hours: int) -> StartExport:
    """The same export to the URL of a new pre-authenticated request that may write that one object for
    ``hours``.

    Raises the first refusal, with the missing permission in its message, if it may not be created; what kept
    it from being created, if that passes.
    """
    expires = at_hand.attempts.clock.now() + timedelta(hours=hours)
    name = f"image-export-{command.retry_token[:16]}"
    try:
        place = at_hand.attempts.at_work(
            lambda until: at_hand.services.object_storage.create_write_request(
                command.destination, name, expires, until=until
            )
        )
    except ServiceRefusal as second:
        if second.passing:
            raise
        _log.error("no pre-authenticated request: %s %s %s", second.status, second.code, second.message)
        refusal.message += _MISSING_PERMISSION
        raise refusal from None
    redaction.learn(place.par_token)
    return replace(
        command,
        destination=place,
        # Another payload, so another token; made from the first, so that the same request has the same.
        retry_token=retry_token.for_fallback(command.retry_token),
        is_fallback=True,
    )
