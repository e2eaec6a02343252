"""One invocation: the FDK's call → trigger → operation → reply, and one line in the log.

Who reads the reply decides how a failure shows. A gateway's client or a direct caller gets the error. Nobody
reads the reply to an event or a detached call: there a lasting failure is published as a rejection and
answered 200; a passing one fails the invocation, so that it may be delivered again.
"""

import logging
import os
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol

import orjson

from handlers import context as contexts
from handlers import logs, messages
from handlers.clock import Clock
from handlers.context import Container, Context, Requester
from handlers.errors import ExportError, NotAnnounced, Unexpected
from handlers.startup import with_large_stack
from handlers.triggers.fdk_call import FAILED, Call, Reply, error_reply, respond

_log = logging.getLogger(__name__)


class Trigger(Protocol):
    """What every trigger has.

    ``is_read``: whether somebody reads the reply, and so learns of a failure. ``publishes_rejection``: if
    nobody does, whether the topic hears of a lasting failure. ``image_id``: what is asked for, also of a
    request that is refused.
    """

    requester: Requester
    is_read: bool
    publishes_rejection: bool
    image_id: str | None

    def run(self, context: Context) -> Reply:
        """Carries out what is asked for: the answer to a success. Raises ExportError."""

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The answer to a failure."""


def recognise(call: Call) -> Trigger:
    """The trigger: the gateway marks its calls, an event is known by its body, the rest is direct."""
    # Each is loaded by the first call that needs it: a container has one kind of caller.
    if call.is_gateway:
        from handlers.triggers.gateway import Gateway

        return Gateway(call)
    if call.is_event:
        from handlers.triggers.event import EventTrigger

        return EventTrigger(call)
    from handlers.triggers.direct import Direct

    return Direct(call)


class Function:
    """The function in one container: what is costly is built by the first call that can, and kept."""

    def __init__(self, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self._environment = environment
        self._clock = clock
        self._container: Container | None = None

    def __call__(self, fdk_context: Any, data: BytesIO | None = None) -> Any:
        """The FDK's response to one invocation. Never raises: a failed one is a status to the platform."""
        try:
            if self._container is None:
                # The first call loads what is loaded at first use. With the collector: it may take an hour.
                reply = with_large_stack(lambda: self._reply(fdk_context, data))
            else:
                reply = self._reply(fdk_context, data)
        except Exception:  # noqa: BLE001  # the FDK would send its text to the caller
            # Nothing is known that a better reply could be made of.
            logs.configure(self._environment.get("LOG_LEVEL", logs.DEFAULT_LEVEL))
            _log.exception("the invocation failed outside of its operation")
            error = Unexpected()
            reply = Reply(FAILED, orjson.dumps({"code": error.code, "message": error.message}))
        return respond(fdk_context, reply)

    def prepare(self) -> Container:
        """Builds what is costly, unless it is there. Raises Misconfigured."""
        if self._container is None:
            logs.configure(self._environment.get("LOG_LEVEL", logs.DEFAULT_LEVEL))
            self._container = contexts.build(self._environment)
        return self._container

    def _reply(self, fdk_context: Any, data: BytesIO | None) -> Reply:
        call = Call(fdk_context, data)
        trigger = recognise(call)
        context = Context(
            trigger.requester,
            call_id=call.call_id,
            deadline=call.deadline,
            function_id=call.function_id,
            request_id=call.request_id_to_send,
            clock=self._clock,
        )
        context.image_id = trigger.image_id
        logs.redactor, logs.call_id = context.redactor, context.call_id
        error = None
        try:
            # Whatever is asked for: a wrong configuration is named, and nothing is called.
            context.connect(self.prepare())
            reply = trigger.run(context)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it must not reach the FDK
            error, reply = _failed(_known(problem), trigger, context, call)
        _log_line(call, context, reply, error)
        return reply


def _failed(error: ExportError, trigger: Trigger, context: Context, call: Call) -> tuple[ExportError, Reply]:
    """What a failure leads to: the error, or what kept it from being published, and the reply."""
    if not trigger.is_read and not error.passing and trigger.publishes_rejection:
        try:
            messages.publish_rejection(context, error)
        except Exception as problem:  # noqa: BLE001  # whatever it is: nobody would hear of the request again
            error = NotAnnounced(f"Refused ({error.code}), but not announced", _known(problem))
    if not trigger.is_read and error.passing:
        return error, Reply(FAILED, error_reply(error, context, call).body)
    return error, trigger.refusal(error, context)


def _known(problem: Exception) -> ExportError:
    """The error as our tree has it. A bug's traceback goes into the log, nothing of it into a reply."""
    if isinstance(problem, ExportError):
        return problem
    _log.error("unexpected failure", exc_info=problem)
    return Unexpected()


def _log_line(call: Call, context: Context, reply: Reply, error: ExportError | None) -> None:
    """The invocation's line; its level tells who has to act: nobody, the caller, or the operator."""
    level, message, code = context.level, context.message, context.code
    request_id = context.service_request_id
    if error:
        level = logging.ERROR if error.passing else logging.WARNING
        # The reason says why: the topic's 429, not our 503.
        why = error.reason or error
        message, code, request_id = error.message, why.code, why.request_id or request_id
    now = context.clock.monotonic()
    place = context.destination
    fields = {
        "trigger": context.requester.kind,
        "triggerId": context.requester.id,
        "imageId": context.image_id,
        "destination": str(place) if place else None,
        "exportFormat": context.export_format,
        "workRequestId": context.work_request_id,
        "opcRequestId": request_id,
        "clientRequestId": call.client_request_id,
        "traceId": call.trace_id,
        "status": reply.status,
        "code": code,
        # A wrong configuration connects nothing.
        "calls": context.cloud.calls if hasattr(context, "cloud") else 0,
        "durationMs": round((now - context.started) * 1000, 1),
        "deadlineLeftMs": round((context.deadline - now) * 1000),
        **context.more,
    }
    _log.log(level, "%s", message, extra={"fields": fields})


# The container's: the FDK calls it for every invocation.
handler = Function(os.environ)
