"""The pre-authenticated requests through which exports go where Compute's known issue refuses the bucket.

Such a request is Oracle's way around it. Compute is handed its URL, and nobody else: what is published and
logged is the tuple.
"""

import logging
from datetime import timedelta

from handlers.cloud.api import PreauthenticatedRequest
from handlers.context import Context
from handlers.destinations import Destination
from handlers.errors import ExportError, ServiceRefusal

_MISSING_PERMISSION = (
    ". The function may not create the pre-authenticated request that gets around this: it needs"
    " the permission PAR_MANAGE on the bucket, and OBJECT_CREATE and OBJECT_OVERWRITE on its objects."
)
# Deleting one may take so much of the time until the announcement.
_PART_OF_DELETION = 0.25


def create(
    destination: Destination, name: str, refusal: ServiceRefusal, context: Context
) -> PreauthenticatedRequest:
    """A new pre-authenticated request that may write that one object, after Compute's refusal.

    Raises ExportError: the refusal, with the permission that is missing, where it may not be created.
    """
    expires = context.clock.now() + timedelta(hours=context.settings.par_hours)
    try:
        return context.cloud.create_preauthenticated_request(destination, name, expires)
    except ServiceRefusal as denied:
        if denied.passing:
            raise
        context.log(logging.ERROR, "no pre-authenticated request can be made", denied)
        raise refusal.but(message=refusal.message.rstrip(".") + _MISSING_PERMISSION) from None


def delete(destination: Destination, par_id: str, context: Context) -> bool:
    """Deletes a pre-authenticated request that no export uses: whether it is gone. If not, it expires."""
    try:
        with context.cloud.part_of_time(_PART_OF_DELETION):
            context.cloud.delete_preauthenticated_request(destination, par_id)
    except ExportError as failure:
        context.log(logging.WARNING, "a pre-authenticated request was not deleted", failure)
        return isinstance(failure, ServiceRefusal) and failure.answered == 404
    return True
