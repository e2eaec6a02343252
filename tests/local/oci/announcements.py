"""Compares what the function announced with what the cloud really did, whenever it was announced."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .exports import Export
from .identifiers import seconds
from .notifications import Message
from .object_storage import Destination, StoredObject

ACCEPTED, SUCCEEDED, FAILED, REJECTED = (
    f"imageexport.{kind}" for kind in ("accepted", "succeeded", "failed", "rejected")
)
TRIGGERS = {"gateway", "event", "direct", "catch-up"}
# Who asks again under these asks for the same export.
REPEATED = {"event", "catch-up"}


class Untrue(NamedTuple):
    """A message that claims what did not happen, and why it is not true."""

    message: Message
    why: str


class Facts(NamedTuple):
    """What the cloud did: its exports, its work requests by OCID, what each export wrote, all versions of
    objects; `is_functions` tells the function's exports from others'."""

    exports: list[Export]
    work_requests: Mapping[str, Mapping[str, Any]]
    outcomes: Mapping[str, StoredObject]
    written: list[tuple[Destination, StoredObject]]
    errors: Callable[[str], list[dict[str, str]]]
    is_functions: Callable[[Export], bool]

    def untrue(self, messages: list[Message], start: int = 0) -> Iterator[Untrue]:
        """Of the messages from that place on, those that say what is not so."""
        triggers: dict[str, list[object]] = {}
        for place, message in enumerate(messages):
            try:
                announcement = json.loads(message.body)
                data = announcement["data"]
                if announcement["type"] == ACCEPTED:
                    triggers.setdefault(data["workRequestId"], []).append(data["trigger"])
                reasons = self._contradictions(announcement, data, message, triggers)
                why = next((reason for untrue, reason in reasons if untrue), None)
            except (ValueError, LookupError, TypeError) as problem:
                why = f"it can't be read: {problem!r}"
            if why and place >= start:
                yield Untrue(message, why)

    def _contradictions(
        self,
        announcement: Mapping[str, Any],
        data: Mapping[str, Any],
        message: Message,
        triggers: Mapping[str, list[object]],
    ) -> Iterable[tuple[object, str]]:
        """What each kind of announcement claims, as pairs: whether it is not so, and what is instead."""
        kind = announcement["type"]
        if kind == ACCEPTED:
            yield from self._of_an_acceptance(data)
        elif kind == REJECTED:
            yield from self._of_a_rejection(data, message)
        elif kind in (SUCCEEDED, FAILED):
            yield from self._of_an_ending(kind, data)
            told = triggers.get(data["workRequestId"])
            trigger = data.get("trigger")
            yield trigger and told and trigger not in told, f"it was announced as accepted by {told}"
        else:
            yield True, "there is no such announcement"
        if (work_request_id := data.get("workRequestId")) is not None:
            expected = f"{work_request_id}/{kind.rpartition('.')[2]}"
            yield announcement["id"] != expected, f"its id is not {expected}"

    def _of_an_acceptance(self, data: Mapping[str, Any]) -> Iterable[tuple[object, str]]:
        claimed = data["imageId"], _destination(data["destination"]), data["exportFormat"]
        accepted = [
            (each.image_id, each.destination, each.format)
            for each in self.exports
            if data["workRequestId"] in (None, each.work_request_id) and self.is_functions(each)
        ]
        yield claimed not in accepted, f"no such export of the function's was accepted, but {accepted}"
        yield data["trigger"]["kind"] not in TRIGGERS, f"nothing else begins an export than {TRIGGERS}"

    def _of_a_rejection(self, data: Mapping[str, Any], message: Message) -> Iterable[tuple[object, str]]:
        """That a request was refused for good: so an event's, and a catch-up's, had not been accepted before;
        what was accepted and failed may be begun anew, and be refused then."""
        if (data.get("trigger") or {}).get("kind") not in REPEATED or not data.get("destination"):
            return
        claimed = data["imageId"], _destination(data["destination"]), data["exportFormat"]
        accepted = [
            each.work_request_id
            for each in self.exports
            if (each.image_id, each.destination, each.format) == claimed
            and self.is_functions(each)
            and self.work_requests[each.work_request_id]["status"] not in ("FAILED", "CANCELED")
            and seconds(self.work_requests[each.work_request_id]["timeAccepted"]) < message.time.timestamp()
        ]
        yield accepted, f"it was exported: {accepted}"

    def _of_an_ending(self, kind: str, data: Mapping[str, Any]) -> Iterable[tuple[object, str]]:
        """What an ending says of its work request, and what it knows of the export; null claims nothing."""
        work_request_id = data["workRequestId"]
        work_request = self.work_requests.get(work_request_id)
        if work_request is None:
            yield True, "there is no such work request"
            return
        images = [resource["identifier"] for resource in work_request["resources"]]
        yield data["imageId"] not in images, f"the work request is that of {images}"
        status = work_request["status"]
        yield data["status"] != status, f"the work request is {status}"
        yield (kind == SUCCEEDED) != (status == "SUCCEEDED"), f"the work request is {status}"
        for name in ("timeAccepted", "timeStarted", "timeFinished"):
            real = work_request.get(name)
            told = data.get(name)
            yield told and (real is None or abs(seconds(told) - seconds(real)) >= 1), f"{name} is {real}"
        codes = {error["code"] for error in self.errors(work_request_id)}
        told_codes = {error["code"] for error in data.get("errors") or ()}
        yield told_codes - codes, f"its errors are {codes}"
        export = next((each for each in self.exports if each.work_request_id == work_request_id), None)
        destination, stored = data.get("destination"), data.get("object")
        where = export and export.destination
        yield destination and _destination(destination) != where, f"the export went to {where}"
        yield (
            data.get("exportFormat") and data["exportFormat"] != (export and export.format),
            f"the export's format was {export and export.format}",
        )
        yield stored and _facts_told(stored) not in self._versions(export), "the object is not like that"

    def _versions(self, export: Export | None) -> list[tuple[object, ...]]:
        """Of the object that an export wrote, and of what was put in its place since, but by no export."""
        if export is None:
            return []
        others = [each for each in self.outcomes.items() if each[0] != export.work_request_id]
        exported = {stored.etag for _, stored in others}
        return [
            (stored.size, stored.etag, stored.md5, int(stored.modified))
            for where, stored in self.written
            if where == export.destination and stored.etag not in exported
        ]


def _destination(fields: Mapping[str, str]) -> Destination:
    return Destination(fields["namespaceName"], fields["bucketName"], fields["objectName"])


def _facts_told(fields: Mapping[str, Any]) -> tuple[object, ...]:
    modified = int(seconds(fields["timeModified"]))
    return fields["sizeInBytes"], fields["etag"], fields["md5"], modified
