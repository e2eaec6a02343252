"""Exports through a pre-authenticated request where Compute's known issue refuses the bucket's name.

Oracle's way around the issue is such a request (see ``start``). Compute is handed its URL, and nobody else:
what is published and logged is the tuple.
"""

import logging
from dataclasses import replace
from datetime import timedelta

from handlers.context import Context
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations.export_image import retry_token
from handlers.operations.export_image.attempt import Accepted, Export, try_once
from handlers.services import PreauthenticatedRequest

_MISSING_PERMISSION = (
    " The function may not create the pre-authenticated request that gets around this: it needs"
    " the permission PAR_MANAGE on the bucket, and OBJECT_CREATE and OBJECT_OVERWRITE on its objects."
)
# Deleting one that nothing uses may take so much of the time until the announcement.
_SHARE_OF_DELETION = 0.3


def start(export: Export, refusal: ServiceRefusal, context: Context) -> Accepted:
    """The same export to the URL of a new pre-authenticated request that may write that one object.

    Raises ExportError: the first refusal, where the request may not be created.
    """
    par = _create(export, refusal, context)
    context.redactor.hide(par.destination.par_token)
    # Another payload, so another token; made of the first, so that the same request has the same.
    token = retry_token.for_fallback(
        export.retry_token, export.image_id, str(export.destination), export.export_format
    )
    through_par = replace(export, destination=par.destination, retry_token=token, through_par=True)
    may_be_in_use = False

    def try_through_par(until: float) -> Accepted:
        nonlocal may_be_in_use
        try:
            accepted = try_once(through_par, context, until)
        except ServiceRefusal as failure:
            may_be_in_use |= not 400 <= failure.answered < 500
            raise
        except Exception:
            # Also after a bug of ours: Compute may have taken it.
            may_be_in_use = True
            raise
        # An earlier request's, if the token was used: nothing writes through this one.
        may_be_in_use |= not accepted.token_was_used
        return accepted._replace(par_id=None if accepted.token_was_used else par.id)

    try:
        return context.retries.call(try_through_par)
    finally:
        if not may_be_in_use:
            delete(par, context)


def delete(par: PreauthenticatedRequest, context: Context) -> None:
    """Deletes one that no export uses, so that they don't pile up. If that fails, it expires by itself."""
    until = context.retries.share(_SHARE_OF_DELETION, context.retries.budget.announcement)
    storage = context.services.object_storage
    try:
        context.retries.call(
            lambda end: storage.delete_preauthenticated_request(par.destination, par.id, until=end), until
        )
    except ExportError as failure:
        context.log(logging.WARNING, "a pre-authenticated request was not deleted", failure)


def _create(export: Export, refusal: ServiceRefusal, context: Context) -> PreauthenticatedRequest:
    expires = context.clock.now() + timedelta(hours=context.settings.par_hours)
    name = f"image-export-{retry_token.short(export.retry_token)}"
    storage = context.services.object_storage
    try:
        return context.retries.call(
            lambda until: storage.create_preauthenticated_request(
                export.destination, name, expires, until=until
            )
        )
    except ServiceRefusal as denied:
        if denied.passing:
            raise
        context.log(logging.ERROR, "no pre-authenticated request can be made", denied)
        raise refusal.but(message=refusal.message + _MISSING_PERMISSION) from None
