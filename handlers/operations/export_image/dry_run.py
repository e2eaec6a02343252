"""Checks an export without starting it: the image is there, and could be exported now."""

from dataclasses import dataclass
from typing import ClassVar

from handlers.context import Context
from handlers.errors import ServiceRefusal
from handlers.operations import Result, Subject, passed_on
from handlers.operations.export_image.attempt import Export
from handlers.services import Answer

_LONGEST_STATE = 40


@dataclass(frozen=True, slots=True)
class CheckExport:
    """Check a request to export an image."""

    export: Export
    publishes_refusal: ClassVar[bool] = False

    @property
    def subject(self) -> Subject:
        return Subject(self.export.image_id, self.export.destination, self.export.export_format)

    def run(self, context: Context) -> Result:
        """The image.

        Raises NotAllowed, or the refusal that Compute would give: 409 for its state, 412 for another etag.
        """
        context.settings.allow_list.check(self.export.destination)
        compute = context.services.compute
        image = context.retries.call(
            lambda until: compute.get_image(self.export.image_id, until=until, request_id=context.request_id)
        )
        if self.export.if_match not in (None, "*", image.etag):
            raise _refusal(412, "NoEtagMatch", "The image's etag is not the one in if-match.", image)
        state = image.text("lifecycleState")
        if state != "AVAILABLE":
            shown = context.redactor.name(state or "UNKNOWN")[:_LONGEST_STATE]
            text = f"The image is {shown}; only an AVAILABLE one is exported."
            raise _refusal(409, "IncorrectState", text, image)
        clean = context.redactor.document
        summary = {
            "image": clean(image.document),
            "etag": clean(image.etag),
            "opcRequestId": clean(image.request_id),
        }
        return passed_on("export checked, not started", image, summary=summary)


def _refusal(status: int, code: str, message: str, image: Answer) -> ServiceRefusal:
    return ServiceRefusal(
        status,
        code,
        message,
        service="Compute",
        request_id=image.request_id,
        image_state=image.text("lifecycleState") if status == 409 else None,
        in_own_words=True,
    )
