"""GetImage: the image as Compute answers it, for clients that wait for its state."""

from dataclasses import dataclass
from typing import ClassVar

from handlers.context import Context
from handlers.operations import Result, Subject, passed_on


@dataclass(frozen=True, slots=True)
class GetImage:
    """Read one image."""

    image_id: str
    publishes_refusal: ClassVar[bool] = False

    @property
    def subject(self) -> Subject:
        return Subject(self.image_id)

    def run(self, context: Context) -> Result:
        """The image. Raises ExportError."""
        compute = context.services.compute
        answer = context.retries.call(
            lambda until: compute.get_image(self.image_id, until=until, request_id=context.request_id)
        )
        return passed_on("image read", answer)
