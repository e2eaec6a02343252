"""Objects and pre-authenticated requests (Object Storage API)."""

import re
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

import orjson

from handlers.clock import rfc3339
from handlers.cloud import answers
from handlers.cloud.service import Service, ServiceKind
from handlers.destinations import Destination
from handlers.errors import NoAnswer
from handlers.services import Answer, PreauthenticatedRequest, StoredObject

SERVICE = ServiceKind(
    "Object Storage",
    "object_storage",
    "",
    "https://objectstorage.{region}.{dualStack?ds.oci.:}{secondLevelDomain}",
    "objectstorage",
)

_OBJECT = "/n/{}/b/{}/o/{}"
_ACCESS_URI = re.compile(r"/p/([A-Za-z0-9._~-]+)/n/")


class ObjectStorage:
    """Create and delete a pre-authenticated request; head, get and put an object."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def create_preauthenticated_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> PreauthenticatedRequest:
        response = self._service.call(
            "POST",
            "/n/{}/b/{}/p",
            place.namespace,
            place.bucket,
            until=until,
            body=orjson.dumps(
                {
                    "name": name,
                    "accessType": "ObjectWrite",
                    "objectName": place.object_name,
                    "timeExpires": rfc3339(expires),
                }
            ),
        )
        answer = answers.answer(response, dict, self._service.title)
        par_id = answer.text("id")
        # Only the token is the service's to choose; the rest of the URL is made of what was asked for.
        access = _ACCESS_URI.match(answer.text("accessUri") or "")
        if not par_id or not access:
            raise NoAnswer("Object Storage answered without the pre-authenticated request's id or URL.")
        return PreauthenticatedRequest(
            par_id, replace(place, base=self._service.endpoint, par_token=access[1])
        )

    def delete_preauthenticated_request(self, place: Destination, par_id: str, *, until: float) -> None:
        self._service.call("DELETE", "/n/{}/b/{}/p/{}", place.namespace, place.bucket, par_id, until=until)

    def head(self, place: Destination, *, until: float) -> StoredObject:
        headers = self._service.call("HEAD", _OBJECT, *_names(place), until=until).headers
        size = headers.get("content-length", "")
        if not size.isdecimal():
            raise NoAnswer("Object Storage answered without the object's size.")
        return StoredObject(
            size_in_bytes=int(size),
            etag=headers.get("etag"),
            md5=headers.get("content-md5") or headers.get("opc-multipart-md5"),
            time_modified=_time(headers.get("last-modified")),
        )

    def get(self, place: Destination, *, until: float) -> Answer:
        response = self._service.call("GET", _OBJECT, *_names(place), until=until)
        return answers.any_answer(response, self._service.title)

    def put(self, place: Destination, body: bytes, *, if_match: str | None, until: float) -> None:
        self._service.call(
            "PUT",
            _OBJECT,
            *_names(place),
            until=until,
            headers={"if-match": if_match} if if_match else {"if-none-match": "*"},
            body=body,
            is_body_signed=False,  # as the SDK does: an object's hash is not part of the signature
        )


def _names(place: Destination) -> tuple[str, str, str]:
    return place.namespace, place.bucket, place.object_name


def _time(http_date: str | None) -> str | None:
    try:
        return rfc3339(parsedate_to_datetime(http_date or ""))
    except (ValueError, TypeError, OverflowError):
        return None
