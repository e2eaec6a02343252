"""An emulator of the OCI services that the function calls, on one loopback endpoint.

    from tests.local.oci import Cloud, Fault

    with Cloud(folder) as cloud:
        environment = cloud.resource_principal.write(folder / "credentials")
        image = cloud.images.add(display_name="golden", announce=True)
        cloud.faults.add(Fault("PublishMessage", status=429, headers={"retry-after": "1"}))
        ...
        assert [export.image_id for export in cloud.exports] == [image["id"]]

Emulated:

- Compute: ExportImage, GetImage. Work Requests: get, list, errors, logs. Notifications: PublishMessage.
  Object Storage: objects (put, get, head, delete), pre-authenticated requests (create, list, delete, and
  putting an object through one), GetBucket, GetNamespace. Events: rules and delivery.
- Every request's signature is verified, against the session token of the resource principal or a user's API
  key.
- Policy statements bind the function, its gateway and Events (`policy_statement` says in what form,
  `permissions` what an operation needs): what they don't allow gets 404, and an export that may not write its
  object fails. Ordinary users may do everything.
- Retry tokens, entity tags and conditions on them, checksums, lifecycle states, request ids, pages, the
  topic's rate limit, the exported object as a file.
- Work requests are forgotten 12 hours after their end; a list of them can lag (`cloud.work_requests`).
- A script of faults, down to the bytes on the wire; a clock to speed up or move by hand; a record of every
  call; `untrue_announcements`, which holds what the function announced against what the cloud did.

Stricter than known, where the real service's behaviour is not documented:

- A pattern in a policy statement stands between slashes.
- Unknown keys, duplicate keys and null in a request's body are refused; so is a message's title of more than
  one line.
- A retry token with another payload is refused (`InvalidatedRetryToken`).
- An image that is not AVAILABLE is refused with 409.
- Work requests are listed in no useful order, and the image's events carry nothing in `additionalDetails`.
- A pre-authenticated request must allow to write that very object, and live, when the export is asked for and
  when the object is written.
- The topic counts its messages in a sliding minute.

Either way, by a switch (`Switches`), where tests run under both: what ExportImage looks at first, whether it
takes a bucket tuple, how it refuses an image that is being exported, what it and reading work requests need.

Not emulated: groups of users, regions, quotas, the size of images.

In the manner of moto each service has a module for the wire (`*_api`), one for state and rules, and one place
for errors; `routes` is the table.
"""

from .announcements import Untrue
from .clock import Clock
from .cloud import Cloud
from .delivery import Attempt
from .exchange import Call
from .exports import Export
from .faults import Fault
from .notifications import Message
from .object_storage import Destination, PreauthenticatedRequest, StoredObject
from .policy import PolicyError, Statement
from .principals import EVENTS
from .tenancy import Switches

__all__ = [
    "EVENTS",
    "Attempt",
    "Call",
    "Clock",
    "Cloud",
    "Destination",
    "Export",
    "Fault",
    "Message",
    "PolicyError",
    "PreauthenticatedRequest",
    "Statement",
    "StoredObject",
    "Switches",
    "Untrue",
]
