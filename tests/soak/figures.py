"""What a soak came to: counted from what the cloud and the platform saw, not from what the function said."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.local.oci import Export
from tests.local.platform import LocalPlatform


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
    duplicate_exports: int
    events_without_export: int
    exports_without_announcement: int
    endings_without_announcement: int
    extra_announcements: int
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
            "exports without an announcement": self.exports_without_announcement,
            "endings without an announcement": self.endings_without_announcement,
            "rejections": self.rejections,
            "overrun of a deadline": self.largest_overrun_s,
        }
        return [name for name, value in must_be_zero.items() if value]


def count(platform: LocalPlatform, *, kills: int, rotations: int) -> Figures:
    """Counts what has happened. Each event has an image of its own, so its export is that of the image."""
    cloud = platform.cloud
    created = [event["data"]["resourceId"] for event in cloud.events.emitted if _is_creation(event)]
    exported = Counter(export.image_id for export in cloud.exports)
    announced = Counter(_announcements(platform))
    invocations = [delivery.invocation for delivery in platform.deliveries]
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
        exports=len(cloud.exports),
        exports_by_fallback=sum(export.via == "par" for export in cloud.exports),
        duplicate_exports=exported.total() - len(exported),
        events_without_export=len(set(created) - exported.keys()),
        exports_without_announcement=sum(not _is_announced(export, announced) for export in cloud.exports),
        endings_without_announcement=sum(
            not announced["imageexport.succeeded", export.image_id, export.work_request_id]
            for export in cloud.exports
        ),
        extra_announcements=announced.total() - len(announced),
        rejections=sum(kind == "imageexport.rejected" for kind, _, _ in announced),
        p50_s=_percentile(durations, 0.50),
        p99_s=_percentile(durations, 0.99),
        largest_overrun_s=max((invocation.overrun_s for invocation in invocations), default=0.0),
    )


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
