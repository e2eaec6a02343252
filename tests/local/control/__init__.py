"""What people and programs call that run the function, on one more loopback endpoint.

- Functions: GetFunction and InvokeFunction, as the SDK, `oci fn function invoke` and `fn invoke` call them.
- Logging Search: SearchLogs, over the function's log.
- Audit: ListEvents, over the events that the emulator emitted.

Every request's signature is verified. Not emulated: anything that changes the function, logs of anything
else, Logging's query language but for the one form that `logging_search` reads.
"""

from .server import ControlServer

__all__ = ["ControlServer"]
