"""Compares what the function announced with what the cloud really did, whenever it was announced."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .cloud import Cloud
from .compute import Export
from .identifiers import seconds
from .notifications import Message
from .object_storage import Destination

TRIGGERS = {"gateway", "event", "direct", "catch-up"}
# Who asks again under these asks for the same export.
REPEATED = {"event", "catch-up"}


def untrue(cloud: Cloud, start: int = 0) -> list[tuple[Message, str]]:
    """Of the topic's messages, from that place on, those that say of an export what is not so, and why."""
    with cloud.lock:
        contradictions = enumerate(_Claims(cloud).contradictions())
        return [(cloud.messages[place], why) for place, why in contradictions if why and place >= start]


class _Claims:
    """What the messages say, beside what the cloud did."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._own = [export for export in cloud.exports if export.caller == cloud.function]
        # By work request: who was said to have asked for its export.
        self._triggers = defaultdict[str | None, list[object]](list)

    def contradictions(self) -> Iterator[str | None]:
        """Of each message, why it is not true; None where it is."""
        for message in self._cloud.messages:
            try:
                reasons = self._contradictions(json.loads(message.body), message)
                yield next((reason for is_untrue, reason in reasons if is_untrue), None)
            except (ValueError, LookupError, TypeError) as problem:
                yield f"it can't be read: {problem!r}"

    def _contradictions(self, said: Mapping[str, Any], message: Message) -> Iterable[tuple[object, str]]:
        """What each kind of announcement claims, as pairs: whether it is not so, and what is instead."""
        kind, data = said["type"].removeprefix("imageexport."), said["data"]
        if kind == "accepted":
            self._triggers[data["workRequestId"]].append(data["trigger"])
            yield from self._of_an_acceptance(data)
        elif kind == "rejected":
            yield from self._of_a_rejection(data, message)
        elif kind in ("succeeded", "failed"):
            yield from self._of_an_ending(kind, data)
            told, trigger = self._triggers.get(data["workRequestId"]), data.get("trigger")
            yield trigger and told and trigger not in told, f"it was announced as accepted by {told}"
        else:
            yield True, "there is no such announcement"
        if (work_request_id := data.get("workRequestId")) is not None:
            expected = f"{work_request_id}/{kind}"
            yield said["id"] != expected, f"its id is not {expected}"

    def _of_an_acceptance(self, data: Mapping[str, Any]) -> Iterable[tuple[object, str]]:
        claimed = data["imageId"], _destination(data["destination"]), data["exportFormat"]
        accepted = [
            (each.image_id, each.destination, each.format)
            for each in self._own
            if data["workRequestId"] in (None, each.work_request_id)
        ]
        yield claimed not in accepted, f"no such export of the function's was accepted, but {accepted}"
        yield data["trigger"]["kind"] not in TRIGGERS, f"nothing else begins an export than {TRIGGERS}"

    def _of_a_rejection(self, data: Mapping[str, Any], message: Message) -> Iterable[tuple[object, str]]:
        """That a request was refused for good: so an event's, and a catch-up's, had not been accepted before;
        what was accepted and failed may be begun anew, and be refused then."""
        if (data.get("trigger") or {}).get("kind") not in REPEATED or not data.get("destination"):
            return
        claimed = data["imageId"], _destination(data["destination"]), data["exportFormat"]
        same = [each for each in self._own if (each.image_id, each.destination, each.format) == claimed]
        work = [self._cloud.work_requests[each.work_request_id] for each in same]
        accepted = [
            each["id"]
            for each in work
            if each["status"] not in ("FAILED", "CANCELED")
            and seconds(each["timeAccepted"]) < message.time.timestamp()
        ]
        yield accepted, f"it was exported: {accepted}"

    def _of_an_ending(self, kind: str, data: Mapping[str, Any]) -> Iterable[tuple[object, str]]:
        """What an ending says of its work request, and what it knows of the export; null claims nothing."""
        work_request_id, cloud = data["workRequestId"], self._cloud
        work_request = cloud.work_requests.get(work_request_id)
        if work_request is None:
            yield True, "there is no such work request"
            return
        images = [resource["identifier"] for resource in work_request["resources"]]
        yield data["imageId"] not in images, f"the work request is that of {images}"
        status = work_request["status"]
        yield data["status"] != status, f"the work request is {status}"
        yield (kind == "succeeded") != (status == "SUCCEEDED"), f"the work request is {status}"
        for name in ("timeAccepted", "timeStarted", "timeFinished"):
            real, told = work_request.get(name), data.get(name)
            yield told and (real is None or abs(seconds(told) - seconds(real)) >= 1), f"{name} is {real}"
        codes = {error["code"] for error in cloud.work_requests.errors(work_request_id)}
        told_codes = {error["code"] for error in data.get("errors") or ()}
        yield told_codes - codes, f"its errors are {codes}"
        export = next((each for each in cloud.exports if each.work_request_id == work_request_id), None)
        destination, told_format, stored = map(data.get, ("destination", "exportFormat", "object"))
        where, real_format = (export.destination, export.format) if export else (None, None)
        yield destination and _destination(destination) != where, f"the export went to {where}"
        yield told_format and told_format != real_format, f"the export's format was {real_format}"
        yield stored and _facts_told(stored) not in self._versions(export), "the object is not like that"

    def _versions(self, export: Export | None) -> list[tuple[object, ...]]:
        """Of the object that an export wrote, and of what was put in its place since, but by no export."""
        if export is None:
            return []
        others = [each for each in self._cloud.outcomes.items() if each[0] != export.work_request_id]
        exported = {stored.etag for _, stored in others}
        return [
            (stored.size, stored.etag, stored.md5, int(stored.modified))
            for where, stored in self._cloud.buckets.written
            if where == export.destination and stored.etag not in exported
        ]


def _destination(fields: Mapping[str, str]) -> Destination:
    return Destination(fields["namespaceName"], fields["bucketName"], fields["objectName"])


def _facts_told(fields: Mapping[str, Any]) -> tuple[object, ...]:
    modified = int(seconds(fields["timeModified"]))
    return fields["sizeInBytes"], fields["etag"], fields["md5"], modified
