"""How instances are launched from an image (API reference, ExportImage, schema LaunchOptions)."""

from typing import Annotated

from pydantic import Field

from handlers.interface.service_document import ServiceDocument, known

Firmware = Annotated[str, known("BIOS", "UEFI_64")]
NetworkType = Annotated[str, known("E1000", "VFIO", "PARAVIRTUALIZED", "VDPA")]
VolumeType = Annotated[str, known("ISCSI", "SCSI", "IDE", "VFIO", "PARAVIRTUALIZED", "NVME")]


class LaunchOptions(ServiceDocument):
    """Compatibility and performance of the virtual machines; these values override the defaults."""

    boot_volume_type: VolumeType | None = Field(None, description="How the boot volume is emulated.")
    firmware: Firmware | None = Field(
        None,
        description="The firmware that boots the machine, to suit its operating system. BIOS: 32-bit and "
        "64-bit systems with an MBR-style boot loader. UEFI_64: 64-bit systems; the default of platform "
        "images.",
    )
    is_consistent_volume_naming_enabled: bool | None = Field(
        None, description="Whether consistent volume naming is enabled. Defaults to false."
    )
    is_encryption_in_transit_enabled: bool | None = Field(
        None, description="Whether data is encrypted in transit to attached data volumes."
    )
    is_pv_encryption_in_transit_enabled: bool | None = Field(
        None,
        description="Deprecated in favour of the field of the same name in LaunchInstanceDetails.",
        deprecated=True,
    )
    network_type: NetworkType | None = Field(
        None,
        description="How the network card is emulated. E1000: a gigabit controller for Linux's e1000 driver. "
        "VFIO: a virtual function attached directly (SR-IOV). PARAVIRTUALIZED: VirtIO drivers.",
    )
    remote_data_volume_type: VolumeType | None = Field(
        None,
        description="How data volumes are emulated. ISCSI: attached block storage. SCSI, IDE: an emulated "
        "disk. VFIO: a virtual function attached directly; the default of a platform image's local data "
        "volumes. PARAVIRTUALIZED: the default of its boot and remote block volumes. NVME: an NVMe disk.",
    )
