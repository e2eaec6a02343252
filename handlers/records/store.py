"""Reads and writes a record, in nobody's way: what fails is an ERROR in the log, never the invocation's
failure.

Writes are conditional, so that two writers at once don't lose each other's exports: whoever comes second
reads again. What can't be read is never overwritten.
"""

import logging
from collections.abc import Callable
from typing import Any

import orjson
from pydantic import ValidationError

from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.records import Record

_NO_OBJECT = "ObjectNotFound"
# Reading leaves three quarters of the time for the export, writing half of it for the announcement.
_SHARE_OF_READING, _SHARE_OF_WRITING = 0.25, 0.5


class Store:
    """The record of one image, for one invocation. ``record`` is None as long as it could not be read."""

    def __init__(self, context: Context, place: Place, image_id: str) -> None:
        name = "/".join((*place.prefix, f"{image_id}.json"))
        self._object = Destination(place.namespace, place.bucket, name)
        self._context = context
        self._image_id = image_id
        self._etag: str | None = None
        self.record: Record | None = None

    def read(self) -> Record | None:
        """The record, an empty one where there is none yet; None where it can't be read."""
        retries = self._context.retries
        # A share of the time until the announcement: the work may have used up its own.
        until = retries.share(_SHARE_OF_READING, retries.budget.announcement)
        try:
            self._read(until)
        except ExportError as failure:
            self._context.log(logging.ERROR, "the record can't be read", failure)
        return self.record

    def write(self, change: Callable[[Record], Record]) -> None:
        """Writes the changed record; reads and changes it again where somebody else has written meanwhile."""
        retries = self._context.retries
        until = retries.share(_SHARE_OF_WRITING, retries.budget.announcement)
        try:
            while not self._written(change, until):
                self._read(until)
        except ExportError as failure:
            self._context.log(logging.ERROR, "the record can't be written", failure)

    def _read(self, until: float) -> None:
        storage, retries = self._context.services.object_storage, self._context.retries
        self.record, self._etag = None, None
        try:
            answer = retries.call(lambda end: storage.get(self._object, until=end), until)
        except ServiceRefusal as refusal:
            # Any other 404 may be a missing permission.
            if (refusal.answered, refusal.code) != (404, _NO_OBJECT):
                raise
            self.record = Record(image_id=self._image_id)
            return
        self.record, self._etag = _parse(answer.document, self._image_id), answer.etag
        if self._etag is None:
            self.record = None
            raise NoAnswer("Object Storage answered without the record's etag.")

    def _written(self, change: Callable[[Record], Record], until: float) -> bool:
        if self.record is None:
            return False
        changed = change(self.record)
        if changed == self.record:
            return True
        body = orjson.dumps(changed.model_dump(by_alias=True), option=orjson.OPT_INDENT_2)
        storage, etag = self._context.services.object_storage, self._etag
        try:
            self._context.retries.call(
                lambda end: storage.put(self._object, body, if_match=etag, until=end), until
            )
        except ServiceRefusal as refusal:
            if refusal.answered == 412:
                return False
            raise
        return True


def _parse(document: Any, image_id: str) -> Record:
    try:
        record = Record.model_validate(document)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, problem["loc"])) or "it" for problem in error.errors()}))
        raise NoAnswer(f"The record is not one of this edition: see {places[:200]}.") from None
    if record.image_id != image_id:
        raise NoAnswer("The record is another image's.")
    return record
