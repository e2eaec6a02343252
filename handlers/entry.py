"""One invocation: the FDK's call → trigger → operation → reply, and one line in the log.

Who reads the reply decides how a failure shows. A gateway's client or a direct caller gets the error. Nobody
reads the reply to an event or a detached call: there a lasting failure is published as a rejection and
answered 200; a passing one fails the invocation, so that it may be delivered again.
"""

import logging
import os
import traceback
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from handlers import container, logs, messages, triggers
from handlers.clock import Clock
from handlers.container import Container
from handlers.context import Context
from handlers.errors import ExportError, NotAnnounced, Unexpected
from handlers.operations import Operation, Result, Subject
from handlers.triggers import Trigger
from handlers.triggers.invocation import FdkContext, Invocation, read
from handlers.triggers.reply import FAILED, Reply, error_reply, json_reply, respond

_log = logging.getLogger(__name__)


class Function:
    """The function in one container: what is costly is built by the first call, and kept.

    ``build`` makes it out of the environment, or raises Misconfigured.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        build: Callable[[Mapping[str, str]], Container] = container.build,
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._build = build
        self._container: Container | None = None

    def __call__(self, context: Any, data: BytesIO | None = None) -> Any:
        """The FDK's response to one invocation. Never raises: a failed one is a status to the platform."""
        try:
            reply = self._reply(context, data)
        except Exception:  # noqa: BLE001  # the FDK would send its text to the caller
            # Nothing is known that a better reply could be made of.
            logs.configure(self._environment.get("LOG_LEVEL", logs.DEFAULT_LEVEL))
            _log.exception("the invocation failed outside of its operation")
            error = Unexpected()
            reply = json_reply(FAILED, {"code": error.code, "message": error.message})
        return respond(context, reply)

    def prepare(self) -> Container:
        """Builds what is costly, unless it is there. Raises Misconfigured."""
        if self._container is None:
            logs.configure(self._environment.get("LOG_LEVEL", logs.DEFAULT_LEVEL))
            self._container = self._build(self._environment)
        return self._container

    def _reply(self, fdk_context: FdkContext, data: BytesIO | None) -> Reply:
        invocation = read(fdk_context, data)
        trigger = triggers.recognise(invocation)
        context = Context(
            self.prepare,
            trigger.requester,
            call_id=invocation.call_id,
            deadline=invocation.deadline,
            function_id=invocation.function_id,
            request_id=invocation.request_id_to_send,
            clock=self._clock,
        )
        return _Run(invocation, trigger, context).reply()


class _Run:
    """One invocation on its way: what is known of it, for the reply, a rejection and the log."""

    def __init__(self, invocation: Invocation, trigger: Trigger, context: Context) -> None:
        self._invocation, self._trigger, self._context = invocation, trigger, context
        self._operation: Operation | None = None
        self._result: Result | None = None
        self._error: ExportError | None = None

    def reply(self) -> Reply:
        try:
            reply = self._carry_out()
        except Exception as problem:  # noqa: BLE001  # whatever it is, it must not reach the FDK
            reply = self._fail(self._known(problem))
        self._log(reply)
        return reply

    def _carry_out(self) -> Reply:
        trigger, context = self._trigger, self._context
        # Whatever is asked for: a wrong configuration is named, and nothing is called.
        self._context.prepare()
        self._operation = trigger.operation(context)
        self._result = result = self._operation.run(context)
        if not trigger.is_read and result.notification_error:
            raise NotAnnounced(f"The export runs, but was not announced: {result.notification_error}.")
        return trigger.reply(result, context)

    def _fail(self, error: ExportError) -> Reply:
        trigger, context = self._trigger, self._context
        if not trigger.is_read and not error.passing:
            error = self._rejected(error)
        self._error = error
        if not trigger.is_read and error.passing:
            return Reply(FAILED, error_reply(error, context, self._invocation.request_id).body)
        return trigger.refusal(error, context)

    def _rejected(self, error: ExportError) -> ExportError:
        """Tells the topic; the same error, or what kept it from being published."""
        if not (self._operation or self._trigger).publishes_refusal:
            return error
        subject, context = self._subject, self._context
        try:
            message = messages.rejected(
                context,
                error,
                image_id=subject.image_id,
                destination=subject.destination,
                export_format=subject.export_format,
            )
            context.publish(*message)
        except Exception as problem:  # noqa: BLE001  # as above
            # Whatever it is: nobody would hear of the request again.
            code = context.shown_code(self._known(problem))
            return NotAnnounced(f"Refused ({context.shown_code(error)}), but not announced: {code}.")
        return error

    def _known(self, problem: Exception) -> ExportError:
        """The error as our tree has it. A bug's traceback goes into the log, nothing of it into a reply."""
        if isinstance(problem, ExportError):
            return problem
        text = self._context.redactor.text("".join(traceback.format_exception(problem)))
        fields = {"callId": self._invocation.call_id, "traceback": text}
        _log.error("unexpected failure", extra={"fields": fields})
        return Unexpected()

    @property
    def _subject(self) -> Subject:
        return (self._operation or self._trigger).subject

    def _log(self, reply: Reply) -> None:
        """The invocation's line; its level tells who has to act: nobody, the caller, or the operator."""
        error, result, subject = self._error, self._result, self._subject
        context, invocation = self._context, self._invocation
        clean, budget = context.redactor.document, context.retries.budget
        now = context.clock.monotonic()
        level = logging.INFO if error is None else logging.ERROR if error.passing else logging.WARNING
        work_request_id = (result and result.work_request_id) or subject.work_request_id
        request_id = (error and error.request_id) or (result and result.request_id) or invocation.request_id
        place = subject.destination
        fields = {
            "callId": invocation.call_id,
            "trigger": context.requester.kind,
            "triggerId": clean(context.requester.id),
            "imageId": subject.image_id,
            "destination": str(context.shown_place(place)) if place else None,
            "exportFormat": subject.export_format,
            "workRequestId": clean(work_request_id),
            "opcRequestId": clean(request_id),
            "clientRequestId": clean(invocation.client_request_id),
            "traceId": clean(invocation.trace_id),
            "status": reply.status,
            "code": context.shown_code(error) if error else result and result.notification_error,
            "calls": context.retries.calls,
            "durationMs": round((now - context.started) * 1000, 1),
            "deadlineLeftMs": round((budget.deadline - now) * 1000),
        }
        message = context.shown_message(error) if error else result.message if result else ""
        _log.log(level, "%s", message, extra={"fields": fields})


# The container's: the FDK calls it for every invocation.
handler = Function(os.environ)
