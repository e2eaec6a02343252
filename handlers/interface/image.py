"""The image that ExportImage answers (API reference, ExportImage, schema Image and those in it)."""

from typing import Annotated, Any

from pydantic import Field

from handlers.interface.launch_options import LaunchOptions
from handlers.interface.service_document import Int64, ServiceDocument, Time, example, known

LaunchMode = Annotated[str, known("NATIVE", "EMULATED", "PARAVIRTUALIZED", "VDPA", "CUSTOM")]
LifecycleState = Annotated[
    str, known("PROVISIONING", "IMPORTING", "AVAILABLE", "EXPORTING", "DISABLED", "DELETED")
]
ListingType = Annotated[str, known("COMMUNITY", "NONE")]


class InstanceAgentFeatures(ServiceDocument):
    """What of the Oracle Cloud Agent the image supports."""

    is_management_supported: bool | None = Field(None, description="Not used.")
    is_monitoring_supported: bool | None = Field(None, description="Not used.")


class ImageVolume(ServiceDocument):
    """A volume that is created and attached when an instance is launched from the image."""

    display_name: str | None = Field(None, description="The volume's description, from the user.")
    index: int = Field(
        description="The volume's place among the others, from 1 on. Updates identify it by that."
    )
    size_in_mbs: Int64 | None = Field(
        None,
        alias="sizeInMBs",
        description="The volume's size in an instance (1 MB = 1,048,576 bytes).",
        json_schema_extra=example(47694),
    )


class ImageVolumeDetails(ServiceDocument):
    """The volumes that are created when an instance is launched from the image."""

    data_volumes: list[ImageVolume] | None = Field(
        None,
        max_length=32,
        description="The data volumes to be defined with the instance; the boot volume is not among them.",
    )


class Image(ServiceDocument):
    """A boot disk image to launch instances from. Its texts should hold nothing confidential."""

    agent_features: InstanceAgentFeatures | None = Field(
        None, description="What of the Oracle Cloud Agent the image supports."
    )
    base_image_id: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="The OCID of the image from which the instance was launched that this image is made of.",
    )
    billable_size_in_gbs: Int64 | None = Field(
        None,
        alias="billableSizeInGBs",
        description="The image's size in internal storage that is billed (1 GB = 1,073,741,824 bytes).",
        json_schema_extra=example(100),
    )
    compartment_id: str = Field(
        min_length=1,
        max_length=255,
        description="The OCID of the compartment of the instance that the image is made of.",
    )
    create_image_allowed: bool = Field(
        description="Whether new images can be made of instances launched from this one. Of an Oracle "
        "Database instance, for example, none can."
    )
    defined_tags: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Defined tags: predefined keys within namespaces, and their values, which are strings.",
        json_schema_extra=example({"Operations": {"CostCenter": "42"}}),
    )
    display_name: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="A name for people: changeable, not unique, and not that of a platform image.",
        json_schema_extra=example("golden-image"),
    )
    freeform_tags: dict[str, str] | None = Field(
        None,
        description="Free-form tags: pairs of a key and a value without a type or namespace.",
        json_schema_extra=example({"team": "platform"}),
    )
    id: str = Field(min_length=1, max_length=255, description="The OCID of the image.")
    image_volume_details: ImageVolumeDetails | None = Field(
        None, description="The volumes that are created when an instance is launched from the image."
    )
    launch_mode: LaunchMode | None = Field(
        None, description="The configuration in which virtual machines are launched; see LaunchInstance."
    )
    launch_options: LaunchOptions | None = Field(
        None,
        description="Compatibility and performance of the virtual machines; these values override the "
        "defaults.",
    )
    lifecycle_state: LifecycleState = Field(
        description="What the image is going through. EXPORTING while an export runs, AVAILABLE after it, "
        "whether it worked or not: the work request tells which."
    )
    listing_type: ListingType | None = Field(
        None, description="How the image is listed. The default is NONE."
    )
    operating_system: str = Field(
        min_length=1,
        max_length=255,
        description="The image's operating system.",
        json_schema_extra=example("Oracle Linux"),
    )
    operating_system_version: str = Field(
        min_length=1,
        max_length=255,
        description="The version of the image's operating system.",
        json_schema_extra=example("7.9"),
    )
    size_in_mbs: Int64 | None = Field(
        None,
        alias="sizeInMBs",
        description="The boot volume's size in an instance launched from the image (1 MB = 1,048,576 bytes): "
        "neither the size of the exported object nor that of the image itself.",
        json_schema_extra=example(47694),
    )
    time_created: Time = Field(
        description="When the image was created (RFC 3339).",
        json_schema_extra=example("2016-08-25T21:10:29.600Z"),
    )
