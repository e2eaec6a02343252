"""The function host: runs the function's containers as OCI Functions does, on one machine.

Left out: images, networks, and the limits on CPU and memory (give `launcher` a command that sets them).
"""

from .host import FunctionHost as FunctionHost
from .host import Invocation as Invocation
