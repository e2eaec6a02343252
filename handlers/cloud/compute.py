"""Compute's operations on images (Core Services API, version 20160918)."""

from collections.abc import Mapping

import orjson

from handlers.cloud import answers
from handlers.cloud.service import Service, ServiceKind
from handlers.errors import NoAnswer
from handlers.services import AcceptedExport, Answer

SERVICE = ServiceKind(
    "Compute",
    "compute",
    "/20160918",
    "https://iaas.{region}.{dualStack?ds.oci.:}{secondLevelDomain}",
    "iaas",
)

_WORK_REQUEST_ID = "opc-work-request-id"
_LONGEST_ID = 255


class Compute:
    """ExportImage and GetImage."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
        request_id: str | None = None,
    ) -> AcceptedExport:
        response = self._service.call(
            "POST",
            "/images/{}/actions/export",
            image_id,
            until=until,
            headers={"opc-retry-token": retry_token, "if-match": if_match},
            body=orjson.dumps(details),
            request_id=request_id,
        )
        headers = dict(response.headers)
        if not 0 < len(headers.get(_WORK_REQUEST_ID, "")) <= _LONGEST_ID:
            headers.pop(_WORK_REQUEST_ID, None)
        work_request_id = headers.get(_WORK_REQUEST_ID)
        try:
            image = answers.answer(response._replace(headers=headers), dict, self._service.title)
        except NoAnswer:
            # The export runs: to have it tried again until time is up would lose its id.
            if work_request_id is None:
                raise
            image = None
        return AcceptedExport(work_request_id, image, headers)

    def get_image(self, image_id: str, *, until: float, request_id: str | None = None) -> Answer:
        return self._service.get("/images/{}", image_id, until=until, request_id=request_id)
