"""What a soak came to: counted from what the cloud and the platform saw, not from what the function said."""

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from tests.local.oci import Call, Cloud, Export, announcements
from tests.local.oci.identifiers import seconds
from tests.local.platform import LocalPlatform
from tests.soak.callers import RECORDS, Callers, CatchUps
from tests.soak.weather import Weather

MOST_ATTEMPTS = 3
# The README, "What is published": which endings an event tells of.
SKEW_S, EVENT_COMES_WITHIN_S = 120.0, 15 * 60.0

OVERRUN, MISSED = "largest overrun (s)", "catch-ups that missed something"
MUST_BE_0 = (
    DUPLICATE := "duplicate exports",
    NO_EXPORT := "images without an export",
    WRONG_ANSWER := "wrong answers to callers",
    NOT_ANNOUNCED := "exports without an announcement",
    NO_ENDING := "endings without an announcement",
    NOT_TRUE := "announcements that are not true",
    REJECTION := "rejections",
    MISSED,
    OVERRUN,
)
# What a kill leaves, or a record that could not be read or written, or a work request that is not known.
LEFT = (
    SECOND_WITHOUT_RECORD := "second exports that no record could prevent",
    SECOND_UNREAD := "second exports whose record could not be read",
    SECOND_OF_UNKNOWN := "second exports of those whose work request is not known",
    DONE_AGAIN := "exports without an announcement, done again",
    ENDING_MISSED := "endings of exports that no record had",
)
# What is promised of no run, or of none without records.
BESIDE = (
    GIVEN_UP := "images that failed three times",
    BY_CATCH_UP := "exports of catch-ups without an announcement",
    FAILED := "images that failed, without records",
    REJECTED := "rejections of what had run, without records",
)


class Figures(NamedTuple):
    """``numbers`` by name, times in seconds. ``findings``: what was found, as name and text."""

    numbers: dict[str, float]
    findings: list[tuple[str, str]]

    @property
    def broken_promises(self) -> list[str]:
        """The figures that must be 0 and are not."""
        return [name for name in MUST_BE_0 if self.numbers[name]]


def count(
    platform: LocalPlatform, callers: Callers, catch_ups: CatchUps, weather: Weather, *, is_caught_up: bool
) -> Figures:
    """Counts what has happened."""
    cloud, deliveries = platform.cloud, list(platform.deliveries)
    unread = {
        line["callId"]
        for line in platform.host.log_entries
        if str(line.get("message")).startswith("the record can't be read")
    }
    findings = Findings(cloud, weather.lost, unread, has_records="EXPORT_RECORDS" in platform.config)
    created = [event["data"]["resourceId"] for event in cloud.events.emitted if _is_creation(event)]
    findings.look(created)
    found = [*((WRONG_ANSWER, wrong) for wrong in callers.wrong), *findings.found]
    invocations = [*callers.invocations, *catch_ups.invocations, *(each.invocation for each in deliveries)]
    durations = sorted(invocation.duration for invocation in invocations)
    exports = findings.exports
    return Figures(
        {
            "events": len(created),
            "events lost": len(weather.lost),
            "events given up": len(cloud.events.undelivered),
            "deliveries": sum(_is_creation(delivery.event) for delivery in deliveries),
            "invocations": len(invocations),
            "failed invocations": sum(invocation.failed for invocation in invocations),
            "catch-ups": len(catch_ups.invocations),
            "catch-ups unfinished": sum(reply.get("status") != "caughtUp" for reply in catch_ups.replies),
            "containers killed": weather.kills + catch_ups.killed,
            "tokens rotated": weather.rotations,
            "faults met": cloud.faults.met.total(),
            "throttled by topic": sum(
                call.worked and call.status == 429 for call in cloud.calls.named("PublishMessage")
            ),
            "exports": len(exports),
            "exports by fallback": sum(export.via == "par" for export in exports),
            "exports by catch-up": sum(findings.is_by_catch_up(export) for export in exports),
            "exports failed": sum(findings.status(export) != "SUCCEEDED" for export in exports),
            "exports by others": len(cloud.exports) - len(exports),
            "calls": len(callers.invocations),
            **{name: sum(name == kind for kind, _ in found) for name in (*MUST_BE_0, *LEFT, *BESIDE)},
            MISSED: int(not is_caught_up),
            OVERRUN: max((invocation.overrun_s for invocation in invocations), default=0.0),
            "requests left alive": len(cloud.buckets.live_pars),
            "extra announcements": findings.announced.total() - len(findings.announced),
            "p50 (s)": _percentile(durations, 0.50),
            "p99 (s)": _percentile(durations, 0.99),
        },
        found,
    )


class Findings:
    """What became of each export, image and message. ``lost``: events that never arrived, by image and
    time. ``unread``: ids of the calls that could not read a record. ``exports``: the function's.
    ``announced``: type, image and work request of each message. ``found``: names of figures, each with
    what counts in it."""

    def __init__(
        self, cloud: Cloud, lost: Collection[tuple[str, str]], unread: Collection[str], *, has_records: bool
    ) -> None:
        self._cloud, self._lost, self._unread, self._has_records = cloud, lost, unread, has_records
        self.exports = [export for export in cloud.exports if export.caller == cloud.function]
        self.found: list[tuple[str, str]] = []
        self.announced = Counter(
            (event["type"].rpartition(".")[2], event["data"]["imageId"], event["data"].get("workRequestId"))
            for event in (json.loads(message.body) for message in cloud.messages)
        )
        self._records = self._versions()
        self._asked = defaultdict[str, list[Call]](list)
        for call in cloud.calls.named("ExportImage"):
            self._asked[call.headers.get("opc-retry-token", "")].append(call)

    def look(self, images: Sequence[str]) -> None:
        """Finds what there is; each of the images was to be exported."""
        self._look_at_exports(images)
        self._look_at_announcements()

    def status(self, export: Export) -> str:
        return str(self._cloud.work_requests[export.work_request_id]["status"])

    def is_by_catch_up(self, export: Export) -> bool:
        return any((entry["trigger"] or {}).get("kind") == "catch-up" for entry in self._entries(export))

    def _look_at_exports(self, images: Sequence[str]) -> None:
        requests = defaultdict[tuple[str, ...], list[Export]](list)
        for export in self.exports:
            to = export.destination
            # An event's object may get another name; a caller asks for one.
            is_events = to.bucket == self._cloud.bucket
            requests[(export.image_id, "" if is_events else to.object)].append(export)
        for image_id in images:
            statuses = [self.status(export) for export in requests[(image_id, "")]]
            if statuses.count("FAILED") >= MOST_ATTEMPTS:
                self._find(GIVEN_UP, image_id)
            elif "SUCCEEDED" not in statuses:
                self._find(FAILED if statuses and not self._has_records else NO_EXPORT, image_id)
        for exports in requests.values():
            for place, export in enumerate(exports):
                self._look_at_one(export, exports[:place], exports[place + 1 :])

    def _look_at_announcements(self) -> None:
        untrue = announcements.untrue(self._cloud)
        for message, why in untrue:
            is_excused = "imageexport.rejected" in message.body and not self._has_records
            self._find(REJECTED if is_excused else NOT_TRUE, f"{why}: {message.body}")
        for message in self._cloud.messages:
            if '"imageexport.rejected"' in message.body and message not in [each for each, _ in untrue]:
                self._find(REJECTION, message.body)

    def _look_at_one(self, export: Export, before: Sequence[Export], after: Sequence[Export]) -> None:
        what = f"{export.image_id} {export.work_request_id} {export.destination.object} by {export.via}"
        if successes := [earlier for earlier in before if self.status(earlier) == "SUCCEEDED"]:
            self._find(self._kind_of_duplicate(export, successes), what)
        names = (export.work_request_id, None)
        if not any(self.announced["accepted", export.image_id, name] for name in names):
            kind = DONE_AGAIN if self._is_done_again(export, after) else NOT_ANNOUNCED
            self._find(BY_CATCH_UP if self.is_by_catch_up(export) else kind, what)
        kind = "succeeded" if self.status(export) == "SUCCEEDED" else "failed"
        if not self.announced[kind, export.image_id, export.work_request_id]:
            is_known = bool(self._entries(export)) or not self._may_be_missed(export)
            self._find(NO_ENDING if is_known else ENDING_MISSED, what)

    def _is_done_again(self, export: Export, after: Sequence[Export]) -> bool:
        """It has failed, or its record does not tell or could not be read: what is announced is the next."""
        is_known = self.status(export) == "SUCCEEDED" and bool(self._entries(export))
        return any(not is_known or self._is_unread(self._call(later)) for later in after)

    def _call(self, export: Export) -> Call:
        """That before which the record was read: its invocation's first, or the first after a 409."""
        accepted = seconds(self._cloud.work_requests[export.work_request_id]["timeAccepted"]) + 1
        calls = [call for call in self._asked[export.retry_token or ""] if call.time.timestamp() <= accepted]
        invocation = calls[-1].headers.get("opc-request-id")
        calls = [call for call in calls if call.headers.get("opc-request-id") == invocation]
        *_, decisive = (
            call for place, call in enumerate(calls) if place == 0 or calls[place - 1].status == 409
        )
        return decisive

    def _is_unread(self, call: Call) -> bool:
        return call.headers.get("opc-request-id") in self._unread

    def _may_be_missed(self, export: Export) -> bool:
        """Whether its event was lost, or may have found another ending of the image in its time. Only a
        record that has the export helps then."""
        ended = self._finished(export)
        lost = [seconds(time) for image_id, time in self._lost if image_id == export.image_id]
        return any(abs(time - ended) <= 1 for time in lost) or any(
            -SKEW_S <= ended - self._finished(other) <= EVENT_COMES_WITHIN_S
            for other in self._cloud.exports
            if other.image_id == export.image_id and other is not export
        )

    def _finished(self, export: Export) -> float:
        return seconds(self._cloud.work_requests[export.work_request_id]["timeFinished"])

    def _kind_of_duplicate(self, export: Export, successes: Sequence[Export]) -> str:
        """What the record told of the earlier exports when the later one was asked for."""
        call = self._call(export)
        if self._is_unread(call):
            return SECOND_UNREAD
        asked = call.time.timestamp()
        if any(self._entries(earlier, asked) for earlier in successes):
            return DUPLICATE
        without_work_request = [e for e in self._known(export.image_id, asked) if e["workRequestId"] is None]
        told = {(entry["destination"]["objectName"], entry["status"]) for entry in without_work_request}
        names = {earlier.destination.object for earlier in successes}
        if any((name, "UNKNOWN") in told for name in names):
            return SECOND_OF_UNKNOWN
        return DUPLICATE if any((name, "ACCEPTED") in told for name in names) else SECOND_WITHOUT_RECORD

    def _find(self, figure: str, what: str) -> None:
        self.found.append((figure, what))

    def _entries(self, export: Export, until: float | None = None) -> list[dict[str, Any]]:
        """What the record told of an export, with its request, until then."""
        known = self._known(export.image_id, until)
        return [entry for entry in known if entry["workRequestId"] == export.work_request_id]

    def _known(self, image_id: str, until: float | None) -> Iterator[dict[str, Any]]:
        for written, record in self._records[image_id]:
            if until is None or written <= until:
                yield from (entry for entry in record["exports"] if entry["destination"])

    def _versions(self) -> defaultdict[str, list[tuple[float, dict[str, Any]]]]:
        """Each record's versions, with the cloud's time at which each was written."""
        bodies = {
            base64.b64encode(hashlib.md5(call.body, usedforsecurity=False).digest()).decode(): call.body
            for call in self._cloud.calls.named("PutObject")
        }
        versions = defaultdict[str, list[tuple[float, dict[str, Any]]]](list)
        for destination, stored in self._cloud.buckets.written:
            if destination.object.startswith(f"{RECORDS}/") and stored.md5 in bodies:
                image_id = destination.object.rpartition("/")[2].removesuffix(".json")
                versions[image_id].append((stored.modified, json.loads(bodies[stored.md5])))
        return versions


def _is_creation(event: Any) -> bool:
    return str(event["eventType"]).endswith("createimage.end")


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
