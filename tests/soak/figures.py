"""What a soak came to: counted from what the cloud and the platform saw, not from what the function said."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.local.oci import Destination, Export
from tests.local.platform import LocalPlatform
from tests.soak.callers import Callers
from tests.soak.others import ELSEWHERE

Request = tuple[str, Destination]


@dataclass(frozen=True)
class Figures:
    """Numbers of things, times in seconds."""

    events: int
    deliveries: int
    invocations: int
    failed_invocations: int
    containers_killed: int
    tokens_rotated: int
    faults_met: int
    throttled_by_topic: int
    exports: int
    exports_by_fallback: int
    exports_by_others: int
    calls: int
    duplicate_exports: int
    duplicates_before_a_record: int
    events_without_export: int
    wrong_answers_to_callers: int
    exports_without_announcement: int
    endings_without_announcement: int
    announcements_that_are_not_true: int
    extra_announcements: int
    requests_left_alive: int
    rejections: int
    p50_s: float
    p99_s: float
    largest_overrun_s: float

    @property
    def broken_promises(self) -> list[str]:
        """The figures that must be 0 and are not."""
        must_be_zero = {
            "duplicate exports": self.duplicate_exports,
            "events without an export": self.events_without_export,
            "wrong answers to callers": self.wrong_answers_to_callers,
            "announcements that are not true": self.announcements_that_are_not_true,
            "exports without an announcement": self.exports_without_announcement,
            "endings without an announcement": self.endings_without_announcement,
            "rejections": self.rejections,
            "overrun of a deadline": self.largest_overrun_s,
        }
        return [name for name, value in must_be_zero.items() if value]


def count(platform: LocalPlatform, callers: Callers, *, kills: int, rotations: int) -> Figures:
    """Counts what has happened."""
    cloud = platform.cloud
    created = [event["data"]["resourceId"] for event in cloud.events.emitted if _is_creation(event)]
    exports = [export for export in cloud.exports if export.destination.bucket != ELSEWHERE]
    duplicates, before_a_record = _duplicates(exports, platform)
    announced = Counter(_announcements(platform))
    invocations = [*callers.invocations, *(delivery.invocation for delivery in platform.deliveries)]
    durations = sorted(invocation.duration for invocation in invocations)
    return Figures(
        events=len(created),
        deliveries=sum(_is_creation(delivery.event) for delivery in platform.deliveries),
        invocations=len(invocations),
        failed_invocations=sum(invocation.failed for invocation in invocations),
        containers_killed=kills,
        tokens_rotated=rotations,
        faults_met=cloud.faults.met.total(),
        throttled_by_topic=sum(
            call.worked and call.status == 429 for call in cloud.calls.named("PublishMessage")
        ),
        exports=len(exports),
        exports_by_fallback=sum(export.via == "par" for export in exports),
        exports_by_others=len(cloud.exports) - len(exports),
        calls=len(callers.invocations),
        duplicate_exports=len(duplicates),
        duplicates_before_a_record=len(before_a_record),
        events_without_export=len(set(created) - {export.image_id for export in exports}),
        wrong_answers_to_callers=len(callers.wrong),
        # Whoever asks again, and is exported again, hears of the second.
        exports_without_announcement=sum(
            not _is_announced(export, announced) and _request(export) not in before_a_record
            for export in exports
        ),
        endings_without_announcement=sum(
            not announced["imageexport.succeeded", export.image_id, export.work_request_id]
            for export in exports
        ),
        announcements_that_are_not_true=len(cloud.untrue_announcements()),
        extra_announcements=announced.total() - len(announced),
        requests_left_alive=len(cloud.buckets.live_pars),
        rejections=sum(kind == "imageexport.rejected" for kind, _, _ in announced),
        p50_s=_percentile(durations, 0.50),
        p99_s=_percentile(durations, 0.99),
        largest_overrun_s=max((invocation.overrun_s for invocation in invocations), default=0.0),
    )


def _duplicates(exports: Sequence[Export], platform: LocalPlatform) -> tuple[list[Request], list[Request]]:
    """Requests that were exported again: where a record should have kept them from it, and where none of the
    image was written before (the README's Limits name these)."""
    cloud, known = platform.cloud, set[Request]()
    avoidable, before_a_record = list[Request](), list[Request]()
    written = {
        call.path.rpartition("/")[2].removesuffix(".json"): call.time
        for call in reversed(cloud.calls.named("PutObject"))
        if call.status == 200
    }
    for export in exports:
        request = _request(export)
        if request not in known:
            known.add(request)
            continue
        accepted = datetime.fromisoformat(cloud.work_requests[export.work_request_id]["timeAccepted"])
        first_written = written.get(export.image_id)
        is_first = first_written is None or first_written >= accepted
        (before_a_record if is_first else avoidable).append(request)
    return avoidable, before_a_record


def _request(export: Export) -> Request:
    return export.image_id, export.destination


def _is_creation(event: Mapping[str, Any]) -> bool:
    return str(event["eventType"]).endswith("createimage.end")


def _announcements(platform: LocalPlatform) -> Iterator[tuple[str, str, str | None]]:
    """Type, image and work request of each message."""
    for message in list(platform.cloud.messages):
        event = json.loads(message.body)
        yield event["type"], event["data"]["imageId"], event["data"].get("workRequestId")


def _is_announced(export: Export, announced: Counter[tuple[str, str, str | None]]) -> bool:
    """Under its work request, or without one where Compute's answer had none."""
    return any(
        announced["imageexport.accepted", export.image_id, work_request_id]
        for work_request_id in (export.work_request_id, None)
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
