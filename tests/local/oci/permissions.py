"""Which permissions an operation needs, and which verb on which resource type brings a permission.

Source: Oracle's policy references for Core Services, Object Storage, Notifications and Functions. Where they
are silent, the row says so.
"""

from collections.abc import Mapping

# All of these are needed; of several in one set, any will do.
Needs = tuple[frozenset[str], ...]

VERBS = ("inspect", "read", "use", "manage")

RESOURCE_TYPES = {
    "instance-images": {"instance-images"},
    "instances": {"instances"},
    "instance-family": {"instance-images", "instances"},
    "work-requests": {"work-requests"},
    "buckets": {"buckets"},
    "objects": {"objects"},
    "object-family": {"buckets", "objects"},
    "ons-topics": {"ons-topics"},
    "ons-family": {"ons-topics"},
    "fn-invocation": {"fn-invocation"},
    "functions-family": {"fn-invocation"},
}
RESOURCE_TYPES["all-resources"] = set().union(*RESOURCE_TYPES.values())

GRANTED_BY = {
    "INSTANCE_IMAGE_INSPECT": ("instance-images", "inspect"),
    "INSTANCE_IMAGE_READ": ("instance-images", "read"),
    "INSTANCE_IMAGE_CREATE": ("instance-images", "manage"),
    "INSTANCE_CREATE_IMAGE": ("instances", "use"),
    "INSTANCE_CREATE": ("instances", "manage"),
    "WORKREQUEST_INSPECT": ("work-requests", "inspect"),
    "BUCKET_READ": ("buckets", "read"),
    "PAR_MANAGE": ("buckets", "manage"),
    "OBJECT_INSPECT": ("objects", "inspect"),
    "OBJECT_READ": ("objects", "read"),
    "OBJECT_OVERWRITE": ("objects", "use"),
    "OBJECT_CREATE": ("objects", "manage"),
    "OBJECT_DELETE": ("objects", "manage"),
    "ONS_TOPIC_PUBLISH": ("ons-topics", "use"),
    "FN_INVOCATION": ("fn-invocation", "use"),
}


def _all(*permissions: str) -> Needs:
    return tuple(frozenset({permission}) for permission in permissions)


# "Work requests inherit the permissions of the operation that spawns the work request. Generally,
# <RESOURCE>_CREATE." The verbs' table adds that those of CreateImage are needed.
_WORK_REQUEST = {
    "of an image": _all("INSTANCE_IMAGE_CREATE"),
    "of an image, as CreateImage": _all("INSTANCE_IMAGE_CREATE", "INSTANCE_CREATE_IMAGE"),
    "of anything else": _all("INSTANCE_CREATE"),
}

# By operation and case, where an operation has several.
_NEEDS: Mapping[str, Mapping[str, Needs]] = {
    # In no table. The permissions stand for the verb that has them.
    "ExportImage": {"manage": _all("INSTANCE_IMAGE_CREATE"), "read": _all("INSTANCE_IMAGE_READ")},
    "GetImage": {"": _all("INSTANCE_IMAGE_INSPECT")},
    "ListImages": {"": _all("INSTANCE_IMAGE_INSPECT")},
    "ListWorkRequests": {"": _all("WORKREQUEST_INSPECT")},
    "GetWorkRequest": _WORK_REQUEST,
    "ListWorkRequestErrors": _WORK_REQUEST,
    "ListWorkRequestLogs": _WORK_REQUEST,
    "PublishMessage": {"": _all("ONS_TOPIC_PUBLISH")},
    "GetBucket": {"": _all("BUCKET_READ")},
    # Nobody needs a permission to read the namespace of the own tenancy.
    "GetNamespace": {"": ()},
    "CreatePreauthenticatedRequest": {"": _all("PAR_MANAGE")},
    "ListPreauthenticatedRequests": {"": _all("PAR_MANAGE")},
    "DeletePreauthenticatedRequest": {"": _all("PAR_MANAGE")},
    "GetObject": {"": _all("OBJECT_READ")},
    "HeadObject": {"": (frozenset({"OBJECT_READ", "OBJECT_INSPECT"}),)},
    "PutObject": {"new": _all("OBJECT_CREATE"), "existing": _all("OBJECT_OVERWRITE")},
    "DeleteObject": {"": _all("OBJECT_DELETE")},
    "CreateMultipartUpload": {"": _all("OBJECT_CREATE", "OBJECT_OVERWRITE")},
    "InvokeFunction": {"": _all("FN_INVOCATION")},
}


def needed(operation: str, case: str = "") -> Needs:
    """Raises KeyError for an operation or a case without a row, which is a bug of the emulator."""
    return _NEEDS[operation][case]


def operations() -> set[str]:
    """Those that have a row."""
    return set(_NEEDS)
