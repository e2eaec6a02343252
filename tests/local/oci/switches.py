"""What is not known about the real services, and can be set either way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """May be changed at any time; the defaults are the likelier or the stricter reading.

    Attributes:
        looks_at: what ExportImage looks at first: the retry token, as the API reference promises, or the
            image's state, so that a repeated request meets 409 while its own export runs.
        refuses_tuples: whether an export to a bucket tuple gets the known "Invalid bucketName", as a dynamic
            group's principal may: always, never, or as a function of the object's name says.
        exporting_code: the code of the 409 for an image that is EXPORTING.
        export_needs: the verb on `instance-images` that ExportImage asks for. No table has it.
        work_requests_need_create_image: whether reading an image's work request needs all that CreateImage
            needs, thus `use instances` as well.
    """

    looks_at: Literal["token first", "state first"] = "token first"
    refuses_tuples: bool | Callable[[str], bool] = False
    exporting_code: Literal["IncorrectState", "Conflict"] = "IncorrectState"
    export_needs: Literal["manage", "read"] = "manage"
    work_requests_need_create_image: bool = False

    def refuses_tuple(self, object_name: str) -> bool:
        """What `refuses_tuples` says of an export to that object."""
        return self.refuses_tuples(object_name) if callable(self.refuses_tuples) else self.refuses_tuples
