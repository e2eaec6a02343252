"""Finds the work request of an export whose retry token was used before, where no record tells it."""

import logging
from datetime import datetime, timedelta

from handlers.context import Context
from handlers.errors import ExportError
from handlers.operations.export_image.attempt import Export
from handlers.operations.work_requests import accepted, exports_newest_first

# Compute keeps work requests so long (Oracle's "Work requests", overview).
KEPT = timedelta(hours=12)


def work_request_of(export: Export, context: Context) -> str | None:
    """The id of the only export of the image accepted since this one was asked for; else None."""
    since = _since(export, context)
    if since is None:
        return None
    try:
        compartment_id = _compartment_of(export, context)
        listed = context.retries.call(
            lambda until: context.services.work_requests.all_of_resource(
                compartment_id, export.image_id, until=until
            )
        )
    except ExportError as failure:
        context.log(logging.WARNING, "the work request of an earlier try can't be looked up", failure)
        return None
    exports = [
        work_request
        for work_request in exports_newest_first(listed)
        if accepted(work_request.get("timeAccepted")) >= since
    ]
    return exports[0].get("id") if len(exports) == 1 else None


def _since(export: Export, context: Context) -> datetime | None:
    if export.token_of == "call":  # noqa: S105  # no token
        return context.began
    if export.created and context.clock.now() - export.created.time < KEPT:
        return export.created.time
    return None


def _compartment_of(export: Export, context: Context) -> str:
    if export.created and export.created.compartment_id:
        return export.created.compartment_id
    image = context.retries.call(
        lambda until: context.services.compute.get_image(export.image_id, until=until)
    )
    return image.text("compartmentId") or ""
