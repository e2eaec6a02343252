"""The open points: what nobody could try without a tenancy, and what a run saw of it."""

from typing import Literal, NamedTuple

Result = Literal["confirmed", "different", "not seen"]


class Point(NamedTuple):
    """A question, and the answer that the local cloud gives by default."""

    question: str
    assumed: str


BY_NAME = Point("may a function export to a bucket by its name?", "yes; if not, the fallback is there")
PAR = Point("may it make pre-authenticated requests, and does Compute take them?", "yes")
EXPORT_PERMISSION = Point("which permission does ExportImage ask for?", "`manage instance-images` suffices")
WORK_REQUEST_PERMISSION = Point(
    "which permission do work requests ask for?",
    "`manage instance-images` and `use instances`; `inspect work-requests` for the list",
)
EXPORTING_CODE = Point("which 409 does an image answer that is being exported?", "`IncorrectState`")
LOOKS_AT = Point("what does Compute look at first, the retry token or the image's state?", "the retry token")
OTHER_PAYLOAD = Point(
    "what does Compute answer to the same retry token with another destination?",
    "409 `InvalidatedRetryToken`",
)
ONE_EVENT = Point("is one event that is delivered twice one export?", "yes")
END_EVENT = Point("does the event of the ending reach the function by itself?", "yes")
OPERATION_TYPE = Point("what operation type has the work request of an export?", "`ExportImage`")
RESOURCES = Point("which resources does it name?", "the image alone")
EARLY_OBJECT = Point("is an object there before the export has ended?", "it may be")
CHECKSUM = Point("which checksum has the object?", "MD5, or the MD5 of a multipart upload")
ADDITIONAL_DETAILS = Point(
    "what do the image's events say in `additionalDetails`? (as Audit has them)", "nothing to rely on"
)

POINTS = (
    BY_NAME,
    PAR,
    EXPORT_PERMISSION,
    WORK_REQUEST_PERMISSION,
    EXPORTING_CODE,
    LOOKS_AT,
    OTHER_PAYLOAD,
    ONE_EVENT,
    END_EVENT,
    OPERATION_TYPE,
    RESOURCES,
    EARLY_OBJECT,
    CHECKSUM,
    ADDITIONAL_DETAILS,
)

# No run shows these: they need a deployment that is wrong, a wait, or a look into the Console.
OTHER_POINTS = (
    Point(
        "may Events, the schedule and the gateway call under a condition on `target.function.id`?",
        "yes; if not, `narrow_invocation = false` is there",
    ),
    Point(
        "is `target.object.name='records/*'` a pattern?",
        "it is not relied on: the stack keeps records in a bucket of their own",
    ),
    Point("is a function that failed an `Error` in `FunctionResponseCount`?", "yes, for the alarm"),
    Point("how often and how long does Events deliver a failed event again?", "now and then, or never"),
    Point("does the schedule wait for the function, or call it detached?", "either"),
    Point("may a report of a failed detached call be published without more rights?", "yes"),
)


class Finding(NamedTuple):
    """What was seen of a point."""

    seen: str
    result: Result


class Findings(dict[Point, Finding]):
    """What a run has found so far. What was seen is never overwritten by what was not."""

    def seen(self, point: Point, seen: str, *, as_assumed: bool) -> None:
        self[point] = Finding(seen, "confirmed" if as_assumed else "different")

    def not_seen(self, point: Point, why: str) -> None:
        self.setdefault(point, Finding(why, "not seen"))
