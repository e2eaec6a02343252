"""Compares what the function announced with what the cloud really did."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .exports import Export
from .identifiers import seconds
from .notifications import Message
from .object_storage import Destination, StoredObject

ACCEPTED, ENDED = "imageexport.accepted", ("imageexport.succeeded", "imageexport.failed")


@dataclass(frozen=True)
class Untrue:
    """A message that claims what did not happen, and why it is not true."""

    message: Message
    why: str


@dataclass(frozen=True)
class Facts:
    """What the cloud did: its exports, its work requests by OCID, all versions of objects."""

    exports: list[Export]
    work_requests: Mapping[str, Mapping[str, Any]]
    written: list[tuple[Destination, StoredObject]]

    def untrue(self, messages: Iterable[Message]) -> Iterator[Untrue]:
        """Messages about exports that were accepted or have ended; others claim nothing about the cloud."""
        for message in messages:
            try:
                announcement = json.loads(message.body)
                why = self._contradiction(announcement["type"], announcement["data"])
            except (ValueError, LookupError, TypeError) as problem:
                why = f"it can't be read: {problem!r}"
            if why:
                yield Untrue(message, why)

    def _contradiction(self, kind: str, data: Mapping[str, Any]) -> str | None:
        work_request_id = data.get("workRequestId")
        exports = [each for each in self.exports if work_request_id in (None, each.work_request_id)]
        if kind == ACCEPTED:
            claimed = data["imageId"], _destination(data["destination"]), data["exportFormat"]
            done = [(each.image_id, each.destination, each.format) for each in exports]
            return None if claimed in done else f"no such export was accepted: {claimed}, but {done}"
        if kind not in ENDED:
            return None
        if work_request_id is None or work_request_id not in self.work_requests:
            return "there is no such work request"
        work_request = self.work_requests[work_request_id]
        if data["imageId"] not in [resource["identifier"] for resource in work_request["resources"]]:
            return "the work request is another image's"
        status = work_request["status"]
        if data["status"] != status or (kind == ENDED[0]) != (status == "SUCCEEDED"):
            return f"the work request is {status}"
        return self._wrong_details(data, exports[0] if exports else None)

    def _wrong_details(self, data: Mapping[str, Any], export: Export | None) -> str | None:
        """What an ending says beyond its status; null claims nothing."""
        destination, stored = data.get("destination"), data.get("object")
        if destination and (export is None or _destination(destination) != export.destination):
            return f"the export went to {export and export.destination}"
        if data.get("exportFormat") and (export is None or data["exportFormat"] != export.format):
            return f"the export's format was {export and export.format}"
        if stored and (export is None or _object(stored) not in self._versions(export.destination)):
            return "the object is not like that"
        return None

    def _versions(self, destination: Destination) -> list[tuple[object, ...]]:
        return [
            (stored.size, stored.etag, stored.md5, int(stored.modified))
            for where, stored in self.written
            if where == destination
        ]


def _destination(fields: Mapping[str, str]) -> Destination:
    return Destination(fields["namespaceName"], fields["bucketName"], fields["objectName"])


def _object(fields: Mapping[str, Any]) -> tuple[object, ...]:
    modified = int(seconds(fields["timeModified"]))
    return fields["sizeInBytes"], fields["etag"], fields["md5"], modified
