"""The function host: runs the function's containers as OCI Functions does, on one machine.

`FunctionHost.invoke` is the platform's side of one invocation: it finds or starts a container, posts the body
to `/call` on the container's unix socket with the platform's headers, waits until the deadline and no longer,
and tells by the answer's wire status whether the function failed. Left out: images, networks, and the limits
on CPU and memory (give `launcher` a command that sets them).
"""

from .host import FunctionHost, Invocation

__all__ = ["FunctionHost", "Invocation"]
