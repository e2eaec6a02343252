"""Compute's images: every field of the API reference, their states and entity tags."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import errors
from .identifiers import etag, ocid, rfc3339
from .tenancy import Tenancy

Image = dict[str, Any]


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
        """A new image. Other fields by their names on the wire or in snake case; None leaves one out.

        With `announce`, the event `createimage.end` is emitted.
        """
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
                "launchOptions": {
                    "bootVolumeType": "PARAVIRTUALIZED",
                    "firmware": "UEFI_64",
                    "isConsistentVolumeNamingEnabled": True,
                    "isEncryptionInTransitEnabled": False,
                    "isPvEncryptionInTransitEnabled": False,
                    "networkType": "PARAVIRTUALIZED",
                    "remoteDataVolumeType": "PARAVIRTUALIZED",
                },
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
            if announce:
                self._announce("createimage.end", image)
        return image

    def set_state(self, image_id: str, state: str) -> None:
        """Moves an image to another lifecycle state; its entity tag changes with it."""
        with self._tenancy.lock:
            self._images[image_id]["lifecycleState"] = state
            self._etags[image_id] = etag(self._tenancy.random)

    def move(self, image_id: str, compartment_id: str) -> None:
        """Moves an image to another compartment; its work requests stay where they are."""
        with self._tenancy.lock:
            self._images[image_id]["compartmentId"] = compartment_id
            self._etags[image_id] = etag(self._tenancy.random)

    def remove(self, image_id: str) -> None:
        with self._tenancy.lock:
            del self._images[image_id], self._etags[image_id]

    def found(self, image_id: str) -> tuple[Image, str]:
        """The image and its entity tag. Raises ApiError 404."""
        with self._tenancy.lock:
            if image_id not in self._images:
                raise errors.not_found("image")
            return copy.deepcopy(self._images[image_id]), self._etags[image_id]

    def etag(self, image_id: str) -> str:
        return self.found(image_id)[1]

    def __getitem__(self, image_id: str) -> Image:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            return copy.deepcopy(self._images[image_id])

    def __iter__(self) -> Iterator[str]:
        with self._tenancy.lock:
            return iter(list(self._images))

    def __len__(self) -> int:
        return len(self._images)


def _camel_case(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)
