"""Documents as they go over the wire, for the description. Tests hold each against its schema."""

_IMAGE_ID = "ocid1.image.oc1.phx.exampleuniqueid"
_COMPARTMENT_ID = "ocid1.compartment.oc1..exampleuniqueid"
_WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.phx.exampleuniqueid"

TUPLE = {
    "destinationType": "objectStorageTuple",
    "namespaceName": "examplenamespace",
    "bucketName": "exported-images",
    "objectName": "golden-image.oci",
    "exportFormat": "OCI",
}
URI = {
    "destinationType": "objectStorageUri",
    "destinationUri": "https://objectstorage.us-phoenix-1.oraclecloud.com"
    "/n/examplenamespace/b/exported-images/o/golden-image.vmdk",
    "exportFormat": "VMDK",
}
IMAGE = {
    "id": _IMAGE_ID,
    "displayName": "golden-image",
    "compartmentId": _COMPARTMENT_ID,
    "lifecycleState": "EXPORTING",
    "createImageAllowed": True,
    "operatingSystem": "Oracle Linux",
    "operatingSystemVersion": "7.9",
    "timeCreated": "2016-08-25T21:10:29.600Z",
    "sizeInMBs": 47694,
    "billableSizeInGBs": 100,
    "baseImageId": "ocid1.image.oc1.phx.anotheruniqueid",
    "listingType": "NONE",
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
    "agentFeatures": {"isManagementSupported": None, "isMonitoringSupported": None},
    "imageVolumeDetails": {"dataVolumes": [{"displayName": "data", "index": 1, "sizeInMBs": 51200}]},
    "definedTags": {"Operations": {"CostCenter": "42"}},
    "freeformTags": {"team": "platform"},
}
WORK_REQUEST = {
    "id": _WORK_REQUEST_ID,
    "operationType": "ExportImage",
    "status": "IN_PROGRESS",
    "compartmentId": _COMPARTMENT_ID,
    "percentComplete": 40.0,
    "resources": [
        {
            "actionType": "IN_PROGRESS",
            "entityType": "image",
            "identifier": _IMAGE_ID,
            "entityUri": f"/20160918/images/{_IMAGE_ID}",
        }
    ],
    "timeAccepted": "2026-01-31T23:59:59.000Z",
    "timeStarted": "2026-02-01T00:00:07.000Z",
}
WORK_REQUEST_ERRORS = [
    {
        "code": "InternalError",
        "message": "The object could not be written.",
        "timestamp": "2026-02-01T00:09:30.000Z",
    }
]
WORK_REQUEST_LOGS = [
    {"message": "The work request was accepted.", "timestamp": "2026-01-31T23:59:59.000Z"},
    {"message": "The operation started.", "timestamp": "2026-02-01T00:00:07.000Z"},
]
