"""The HTTP interface described in OpenAPI 3.0: a document, served as it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from handlers.context import Context
from handlers.operations import JSON, Result, Subject

DOCUMENT = Path(__file__).with_name("openapi.json")


@dataclass(frozen=True, slots=True)
class Describe:
    """Describe the routes of the gateway."""

    publishes_refusal: ClassVar[bool] = False

    @property
    def subject(self) -> Subject:
        return Subject()

    def run(self, _: Context) -> Result:
        """The document, in JSON."""
        return Result("OpenAPI document returned", DOCUMENT.read_bytes(), headers=JSON)
