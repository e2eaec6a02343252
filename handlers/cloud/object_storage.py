"""Creating pre-authenticated requests, and knowing Object Storage's hosts."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from oci import regions

from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer
from handlers.exports.clock import rfc3339
from handlers.exports.destination import Destination
from handlers.exports.object_url import ObjectStorageHosts

_ACCESS_URI = re.compile(r"/p/([A-Za-z0-9._~-]+)/n/")


class ObjectStorage:
    """CreatePreauthenticatedRequest (Object Storage API)."""

    def __init__(self, signer: Any, endpoint: str | None) -> None:
        self.client = ServiceClient(
            "object_storage",
            "Object Storage",
            signer,
            service_endpoint=endpoint,
            base_path="/",
            service_endpoint_template="https://objectstorage.{region}.{dualStack?ds.oci.:}{secondLevelDomain}",
            endpoint_service_name="objectstorage",
        )
        regional = regions.endpoint_for(
            "object_storage", region=signer.region, endpoint_service_name="objectstorage"
        )
        self.hosts = ObjectStorageHosts(
            endpoint=self.client.get_endpoint(),
            regional=regional.removeprefix("https://"),
            region=signer.region,
        )

    def create_write_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> Destination:
        answer = self.client.call(
            "POST",
            "/n/{namespaceName}/b/{bucketName}/p",
            until=until,
            path_parameters={"namespaceName": place.namespace, "bucketName": place.bucket},
            body={
                "name": name,
                "accessType": "ObjectWrite",
                "objectName": place.object_name,
                "timeExpires": rfc3339(expires),
            },
        )
        # Only the token is the service's to choose; the rest of the URL is made of what was asked for.
        match = _ACCESS_URI.match(answer.text("accessUri") or "")
        if not match:
            raise NoAnswer("Object Storage answered without the pre-authenticated request's URL.")
        return replace(place, base=self.hosts.endpoint, par_token=match[1])
