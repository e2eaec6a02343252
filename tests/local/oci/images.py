"""Compute's images: their fields, states, entity tags; GetImage and ListImages.

Source: the API reference "Export an Image"; `ListImages` in the SDK's `ComputeClient`.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import errors
from .exchange import Answer, Call, Route, is_descending, page
from .identifiers import etag, ocid, rfc3339
from .policy import Target
from .tenancy import Tenancy

Image = dict[str, Any]

IMAGES = "/20160918/images"
# What else ListImages filters and sorts by is not emulated.
_LISTED_BY = {"compartmentId", "sortBy", "sortOrder", "limit", "page"}


class Images(Mapping[str, Image]):
    """The images by OCID; what is handed out is a copy in the wire's form."""

    def __init__(self, tenancy: Tenancy, announce: Callable[[str, Image], None]) -> None:
        self._tenancy, self._announce = tenancy, announce
        self._images: dict[str, Image] = {}
        self._etags: dict[str, str] = {}

    def add(
        self,
        display_name: str | None = "golden-image",
        lifecycle_state: str = "AVAILABLE",
        *,
        announce: bool = False,
        **fields: object,
    ) -> Image:
        """A new image. Other fields by their names on the wire or in snake case; None leaves one out. With
        `announce`, the event `createimage.end` is emitted."""
        tenancy = self._tenancy
        with tenancy.lock:
            image: Image = {
                "agentFeatures": {"isManagementSupported": None, "isMonitoringSupported": None},
                "baseImageId": ocid("image", tenancy.random, tenancy.region_key),
                "billableSizeInGBs": 47,
                "compartmentId": tenancy.compartment_id,
                "createImageAllowed": True,
                "definedTags": {"Operations": {"CostCenter": "42"}},
                "displayName": display_name,
                "freeformTags": {"team": "platform"},
                "id": ocid("image", tenancy.random, tenancy.region_key),
                "imageVolumeDetails": {
                    "dataVolumes": [{"displayName": "data", "index": 1, "sizeInMBs": 51200}]
                },
                "launchMode": "PARAVIRTUALIZED",
                "launchOptions": {"firmware": "UEFI_64", "isConsistentVolumeNamingEnabled": True},
                "lifecycleState": lifecycle_state,
                "listingType": "NONE",
                "operatingSystem": "Oracle Linux",
                "operatingSystemVersion": "9",
                "sizeInMBs": 47694,
                "timeCreated": rfc3339(tenancy.clock.now()),
            }
            image |= {_camel_case(name): value for name, value in fields.items()}
            image = {name: value for name, value in image.items() if value is not None}
            self._images[image["id"]] = copy.deepcopy(image)
            self._etags[image["id"]] = etag(tenancy.random)
            tenancy.compartments.add(image["compartmentId"])
            if announce:
                self._announce("createimage.end", image)
        return image

    def add_platform(self, display_name: str = "Oracle-Linux-9") -> Image:
        """A new platform image: in no compartment, and listed in each. There are none by default, as on a
        Private Cloud Appliance."""
        image = self._images[self.add(display_name, base_image_id=None)["id"]]
        image["compartmentId"] = None
        return copy.deepcopy(image)

    def set_state(self, image_id: str, state: str) -> None:
        """Moves an image to another lifecycle state."""
        self._change(image_id, "lifecycleState", state)

    def move(self, image_id: str, compartment_id: str) -> None:
        """Moves an image to another compartment; its work requests stay where they are."""
        self._tenancy.compartments.add(compartment_id)
        self._change(image_id, "compartmentId", compartment_id)

    def _change(self, image_id: str, field: str, value: str) -> None:
        """Its entity tag changes with it."""
        self._images[image_id][field] = value
        self._etags[image_id] = etag(self._tenancy.random)

    def remove(self, image_id: str) -> None:
        with self._tenancy.lock:
            del self._images[image_id], self._etags[image_id]

    def found(self, image_id: str) -> tuple[Image, str]:
        """The image and its entity tag. Raises ApiError 404."""
        if image_id not in self._images:
            raise errors.not_found("image")
        return copy.deepcopy(self._images[image_id]), self._etags[image_id]

    def etag(self, image_id: str) -> str:
        return self.found(image_id)[1]

    @property
    def routes(self) -> list[Route]:
        return [
            Route("GET", IMAGES, "ListImages", self._list, self._compartment),
            Route("GET", f"{IMAGES}/{{imageId}}", "GetImage", self._get, self.target),
        ]

    def target(self, request: Call, case: str = "") -> Target:
        """The image that a request names, as the policy is asked about it. Raises ApiError 404."""
        image, _ = self.found(request.params["imageId"])
        compartments = self._tenancy.within(image["compartmentId"] or self._tenancy.tenancy_id)
        return Target(compartments, errors.not_found("image"), {"target.image.id": image["id"]}, case)

    def _compartment(self, request: Call) -> Target:
        return self._tenancy.compartment(request.query.get("compartmentId"))

    def _get(self, request: Call) -> Answer:
        image, etag = self.found(request.params["imageId"])
        return Answer(200, image, {"etag": etag})

    def _list(self, request: Call) -> Answer:
        """200: the platform's images, then the compartment's own; among these none comes first unless the
        request says so, for nothing is documented."""
        for name in set(request.query) - _LISTED_BY:
            raise errors.invalid(name, "is not emulated")
        places = (None, request.query["compartmentId"])
        listed = [image for image in self._images.values() if image["compartmentId"] in places]
        listed.sort(key=lambda image: str(image["id"]))
        if (sort_by := request.query.get("sortBy")) is not None:
            if sort_by != "TIMECREATED":
                raise errors.invalid("sortBy", "is emulated with TIMECREATED alone")
            listed.sort(key=lambda image: str(image["timeCreated"]), reverse=is_descending(request, "DESC"))
        listed.sort(key=lambda image: image["compartmentId"] is not None)
        return page(copy.deepcopy(listed), request)

    def __getitem__(self, image_id: str) -> Image:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            return copy.deepcopy(self._images[image_id])

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._images))

    def __len__(self) -> int:
        return len(self._images)


def _camel_case(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)
