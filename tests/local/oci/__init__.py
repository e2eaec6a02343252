"""An emulator of the OCI services that the function calls, on one loopback endpoint, or in memory.

    with Cloud(folder) as cloud:
        environment = cloud.resource_principal.write(folder / "credentials")
        image = cloud.images.add(display_name="golden", announce=True)
        cloud.faults.add(Fault("PublishMessage", status=429, headers={"retry-after": "1"}))
        ...
        assert [export.image_id for export in cloud.exports] == [image["id"]]

Signatures are verified. The policy binds the function, its gateway and Events; users may do everything.
Where the real service's behaviour is not documented, it is the stricter one, which stands beside the
code; or either, by a switch (`Switches`), where tests run under both.

Not emulated: groups of users, regions, quotas, the size of images, pre-authenticated requests for any object.
"""

from .clock import Clock as Clock
from .cloud import Cloud as Cloud
from .compute import Export as Export
from .exchange import Call as Call
from .faults import Fault as Fault
from .notifications import Message as Message
from .object_storage import Destination as Destination
from .object_storage import PreauthenticatedRequest as PreauthenticatedRequest
from .policy import EVENTS as EVENTS
from .policy import PolicyError as PolicyError
from .policy import Statement as Statement
from .tenancy import Switches as Switches
