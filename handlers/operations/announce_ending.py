"""Announces how an export ended. The image is AVAILABLE either way; its work request tells."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from handlers import messages
from handlers.context import Context
from handlers.errors import EndingUnknown, ExportError, NotAnnounced, ServiceRefusal
from handlers.messages import KnownExport, Message
from handlers.operations import Result, Subject
from handlers.operations.work_requests import accepted, exports_newest_first, has_ended
from handlers.services import WorkRequest, WorkRequestError, work_request_of

_POLL_SECONDS = 2.0
# When an export was accepted, and its work request.
_Export = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class AnnounceEnding:
    """Find out how the image's export ended, and announce it. ``time``: the event's, if it has one."""

    image_id: str
    image_name: str | None
    compartment_id: str | None
    time: datetime | None
    publishes_refusal: ClassVar[bool] = True

    @property
    def subject(self) -> Subject:
        return Subject(self.image_id)

    def run(self, context: Context) -> Result:
        """The published ending.

        Raises EndingUnknown where no export is found, or it goes on: an ending is never dropped in silence.
        """
        record = None
        if place := context.settings.export_records:
            from handlers.operations.recorded_ending import RecordedEnding

            record = RecordedEnding(self.image_id, place, context)
        recorded = record.newest_before(self.time) if record else None
        work_request_id = self._newest(self._listed(context), recorded)
        # What the services wrote goes into the message and the record.
        clean = context.redactor.document
        ended: WorkRequest = clean(_wait(work_request_id, context))
        errors: list[WorkRequestError] = clean(_errors(work_request_id, ended, context))
        known = record.complete(ended, errors) if record else KnownExport()
        message = messages.ended(
            context,
            ended,
            errors,
            known,
            image_id=self.image_id,
            image_name=self.image_name,
            compartment_id=self.compartment_id,
        )
        message_id, status = _publish(message, context), ended.get("status")
        return Result(
            f"ending announced: {status}",
            summary={
                "status": "announced",
                "workRequestId": context.redactor.text(work_request_id),
                "messageId": message_id,
                "exportStatus": status,
            },
            work_request_id=work_request_id,
        )

    def _newest(self, listed: list[_Export], recorded: _Export | None) -> str:
        """The work request of the newest export that was accepted before the event, which may come late.

        A list may lag, so that a recorded export counts that is not in it. For one that is, the list tells
        when it was accepted. Raises EndingUnknown where there is none.
        """
        exports = [export for export in listed if self._is_before(export)]
        if recorded and recorded[1] not in [work_request_id for _, work_request_id in listed]:
            exports.append(recorded)
        if not exports:
            raise EndingUnknown("No export of the image that was accepted before the event is known.")
        return max(exports)[1]

    def _is_before(self, export: _Export) -> bool:
        return self.time is None or export[0] <= self.time

    def _listed(self, context: Context) -> list[_Export]:
        """The exports in the first compartment that lists one from before the event; none where none does."""
        for compartment_id in self._compartments(context):
            try:
                exports = self._exports_in(compartment_id, context)
            except ExportError as failure:
                context.log(logging.WARNING, "the image's work requests can't be listed", failure)
                continue
            if any(map(self._is_before, exports)):
                return exports
        return []

    def _exports_in(self, compartment_id: str, context: Context) -> list[_Export]:
        services = context.services.work_requests
        listed = context.retries.call(
            lambda until: services.all_of_resource(compartment_id, self.image_id, until=until)
        )
        return [(accepted(each.get("timeAccepted")), each["id"]) for each in exports_newest_first(listed)]

    def _compartments(self, context: Context) -> Iterator[str]:
        """The event's, then the image's own: it may have moved since."""
        if self.compartment_id:
            yield self.compartment_id
        try:
            image = context.retries.call(
                lambda until: context.services.compute.get_image(self.image_id, until=until)
            )
        except ExportError as failure:
            context.log(logging.WARNING, "the image's own compartment is not known", failure)
            return
        own = image.text("compartmentId")
        if own and own != self.compartment_id:
            yield own


def _publish(message: Message, context: Context) -> str:
    try:
        return context.publish(*message)
    except ExportError as failure:
        # Also where the topic refuses for good: it is no fault of the event's, which has to come again.
        raise NotAnnounced(
            f"The export ended, but that was not announced: {context.shown_code(failure)}."
        ) from None


def _wait(work_request_id: str, context: Context) -> WorkRequest:
    retries, services = context.retries, context.services.work_requests
    while True:
        try:
            answer = retries.call(lambda until: services.get(work_request_id, until=until))
        except ServiceRefusal as refusal:
            if refusal.passing:
                raise
            context.log(logging.WARNING, "the export's work request can't be read", refusal)
            raise EndingUnknown("The export's work request can't be read.") from None
        work_request = work_request_of(answer.document)
        if has_ended(work_request.get("status")):
            return {**work_request, "id": work_request_id}
        pause = max(_POLL_SECONDS, answer.retry_after or 0.0)
        if context.clock.monotonic() + pause >= retries.budget.work:
            raise EndingUnknown("The export had not ended when the function's time was up.")
        context.clock.sleep(pause)


def _errors(work_request_id: str, ended: WorkRequest, context: Context) -> list[WorkRequestError]:
    if ended.get("status") == "SUCCEEDED":
        return []
    services = context.services.work_requests
    try:
        return context.retries.call(lambda until: services.all_errors(work_request_id, until=until))
    except ServiceRefusal as refusal:
        if refusal.passing:
            raise
        # Delivered again, the event would meet the same: better an ending without its reasons than none.
        context.log(logging.WARNING, "the export's errors can't be read", refusal)
        return []
