"""Exports through a pre-authenticated request where Compute's known issue refuses the bucket's name.

Such a request is Oracle's way around it. Compute is handed its URL, and nobody else: what is published and
logged is the tuple.
"""

import logging
from datetime import timedelta

from handlers.cloud.api import PreauthenticatedRequest
from handlers.context import Context
from handlers.destinations import Destination
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations.acceptance import Accepted, Decide, Export, ask_while_busy, short, token_of_fallback

_MISSING_PERMISSION = (
    ". The function may not create the pre-authenticated request that gets around this: it needs"
    " the permission PAR_MANAGE on the bucket, and OBJECT_CREATE and OBJECT_OVERWRITE on its objects."
)
# Deleting one may take so much of the time until the announcement.
_PART_OF_DELETION = 0.25


def export_through_par(export: Export, refusal: ServiceRefusal, context: Context, decide: Decide) -> Accepted:
    """The same export to the URL of a new pre-authenticated request that may write that one object.

    Raises ExportError: the first refusal, where the request may not be created.
    """
    par = _create(export, refusal, context)
    context.log(logging.INFO, "a pre-authenticated request is used, for Compute refused the bucket", refusal)
    # Another payload, so another token; made of the first, so that the same request has the same.
    through_par = export._replace(url=par.url, retry_token=token_of_fallback(export), through_par=True)

    def decide_again() -> Export | Accepted:
        decision = decide()
        return decision if isinstance(decision, Accepted) else through_par

    unanswered = context.cloud.unanswered
    # Also after a bug of ours: Compute may have taken it.
    may_be_in_use = True
    try:
        accepted = ask_while_busy(through_par, context, decide_again)
        # An earlier request's, if the token was used or a record told of it: nothing writes through this one.
        is_ours = accepted.time is not None and not accepted.token_was_used
        may_be_in_use = is_ours or context.cloud.unanswered > unanswered
        # The request's own token and destination are recorded and published.
        accepted = accepted._replace(export=export) if accepted.time is not None else accepted
        return accepted._replace(par_id=par.id) if is_ours else accepted
    except ExportError:
        may_be_in_use = context.cloud.unanswered > unanswered
        raise
    finally:
        if not may_be_in_use:
            delete(par.url.destination, par.id, context)


def delete(destination: Destination, par_id: str, context: Context) -> bool:
    """Deletes a pre-authenticated request that no export uses: whether it is gone. If not, it expires."""
    try:
        with context.cloud.part_of_time(_PART_OF_DELETION):
            context.cloud.delete_preauthenticated_request(destination, par_id)
    except ExportError as failure:
        context.log(logging.WARNING, "a pre-authenticated request was not deleted", failure)
        return isinstance(failure, ServiceRefusal) and failure.answered == 404
    return True


def _create(export: Export, refusal: ServiceRefusal, context: Context) -> PreauthenticatedRequest:
    expires = context.clock.now() + timedelta(hours=context.settings.par_hours)
    name = f"image-export-{short(export.retry_token)}"
    try:
        return context.cloud.create_preauthenticated_request(export.destination, name, expires)
    except ServiceRefusal as denied:
        if denied.passing:
            raise
        context.log(logging.ERROR, "no pre-authenticated request can be made", denied)
        raise refusal.but(message=refusal.message.rstrip(".") + _MISSING_PERMISSION) from None
