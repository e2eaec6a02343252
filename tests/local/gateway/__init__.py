"""The HTTP gateway: HTTP in, the Fn headers out, and back, as OCI API Gateway does with a function backend.

It takes a deployment specification, the JSON that `oci api-gateway deployment create --specification` takes.
Emulated: routes with path parameters, wildcards and methods, header transformations, body validation by
content type, and the limit of 6 MB for a body on its way to a function. Not emulated: authentication, rate
limits, CORS, caching: whoever reaches this machine's loopback may call.
"""

from .gateway import Gateway
from .specification import (
    PATH_PREFIX,
    rule_conditions,
    specification,
    without_policies,
)

__all__ = ["PATH_PREFIX", "Gateway", "rule_conditions", "specification", "without_policies"]
