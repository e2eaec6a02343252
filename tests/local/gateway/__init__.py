"""The HTTP gateway: HTTP in, the Fn headers out, and back, as OCI API Gateway does with a function backend.

It takes a deployment specification, the JSON that `oci api-gateway deployment create --specification` takes.
Heeded: routes with path parameters and methods, header transformations, body validation by content type, and
the limit of 6 MB for a body on its way to a function. Not heeded: authentication, rate limits, CORS, caching:
whoever reaches this machine's loopback may call.
"""

from tests.local.gateway.gateway import Gateway
from tests.local.gateway.specification import (
    PATH_PREFIX,
    events_rule_condition,
    specification,
    without_policies,
)

__all__ = ["PATH_PREFIX", "Gateway", "events_rule_condition", "specification", "without_policies"]
