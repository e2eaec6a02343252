"""ExportImage: one request is one export, whatever fails, and the topic hears of it."""

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

from handlers import messages
from handlers.context import Context
from handlers.errors import ExportError
from handlers.operations import JSON, Result, Subject, headers_of
from handlers.operations.export_image.attempt import Accepted, Export
from handlers.operations.export_image.start import start


@dataclass(frozen=True, slots=True)
class ExportImage:
    """Export an image, and announce it."""

    export: Export
    publishes_refusal: ClassVar[bool] = True

    @property
    def subject(self) -> Subject:
        return Subject(self.export.image_id, self.export.destination, self.export.export_format)

    def run(self, context: Context) -> Result:
        """The accepted export: announced, or with the code of what kept it from being announced.

        Raises NotAllowed before anything is called, or another ExportError where no export came about.
        """
        context.settings.allow_list.check(self.export.destination)
        if place := context.settings.export_records:
            from handlers.operations.export_image import recorded

            accepted = recorded.start(self.export, place, context)
        else:
            accepted = start(self.export, context)
        if accepted.work_request_id is None:
            context.log(logging.ERROR, "the export was accepted, and its work request is not known")
        message_id, failure = self._announce(accepted, context)
        return self._result(accepted, message_id, failure, context)

    def _announce(self, accepted: Accepted, context: Context) -> tuple[str | None, str | None]:
        message = messages.accepted(
            context,
            work_request_id=accepted.work_request_id,
            retry_token=self.export.retry_token,
            image_id=self.export.image_id,
            image=accepted.image,
            created=self.export.created,
            destination=self.export.destination,
            export_format=self.export.export_format,
            etag=accepted.headers.get("etag"),
            request_id=accepted.headers.get("opc-request-id"),
        )
        try:
            return context.publish(*message), None
        except ExportError as failure:
            context.log(logging.ERROR, "the export runs, but was not announced", failure)
            return None, context.shown_code(failure)

    def _result(
        self, accepted: Accepted, message_id: str | None, failure: str | None, context: Context
    ) -> Result:
        image, etag = accepted.image, accepted.headers.get("etag")
        request_id, work_request_id = accepted.headers.get("opc-request-id"), accepted.work_request_id
        clean = context.redactor.document
        notification: dict[str, Any] = {"messageId": message_id} if message_id else {"error": failure}
        headers = {
            "opc-work-request-id": work_request_id,
            "notification-message-id": message_id,
            "notification-error": failure,
        }
        summary: dict[str, Any]
        if self.export.created:
            summary = {
                "status": "exported",
                "workRequestId": clean(work_request_id),
                "messageId": message_id,
            }
        else:
            summary = {
                "workRequestId": clean(work_request_id),
                "image": clean(image.document) if image else None,
                "etag": clean(etag),
                "opcRequestId": clean(request_id),
                "notification": notification,
            }
        return Result(
            accepted.how,
            image.body if image else b"{}",
            image.document if image else {},
            {**JSON, **headers_of(accepted.headers), **{k: v for k, v in headers.items() if v is not None}},
            summary,
            work_request_id,
            request_id,
            failure,
        )
