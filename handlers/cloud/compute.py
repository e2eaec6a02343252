"""Compute's operations on images."""

from collections.abc import Mapping
from typing import Any

from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer
from handlers.exports.services import Answer


class Compute:
    """ExportImage and GetImage (Core Services API, version 20160918)."""

    def __init__(self, signer: Any, endpoint: str | None) -> None:
        self.client = ServiceClient(
            "compute",
            "Compute",
            signer,
            service_endpoint=endpoint,
            base_path="/20160918",
            service_endpoint_template="https://iaas.{region}.{dualStack?ds.oci.:}{secondLevelDomain}",
            endpoint_service_name="iaas",
        )

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
    ) -> Answer:
        return _image(
            self.client.call(
                "POST",
                "/images/{imageId}/actions/export",
                until=until,
                path_parameters={"imageId": image_id},
                headers={"opc-retry-token": retry_token, **({"if-match": if_match} if if_match else {})},
                body=details,
            )
        )

    def get_image(self, image_id: str, *, until: float) -> Answer:
        return _image(
            self.client.call("GET", "/images/{imageId}", until=until, path_parameters={"imageId": image_id})
        )


def _image(answer: Answer) -> Answer:
    if not isinstance(answer.document, dict):
        raise NoAnswer("Compute answered with something other than an image.")
    return answer
