"""A direct call: ``fn invoke``, the Functions API, Resource Scheduler. The body is the whole request."""

from handlers import identifiers
from handlers.context import Context, Requester
from handlers.errors import ExportError, Refused
from handlers.operations import Operation, Result, Subject
from handlers.triggers import export_request
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply, error_reply, json_reply


class Direct:
    """One direct call. Nobody reads the reply to a detached one."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self.requester = Requester("direct", invocation.call_id)
        self.is_read = not invocation.is_detached
        try:
            document = invocation.document
        except Refused:
            document = {}
        self.subject = Subject(identifiers.image_in(document.get("imageId")))
        self.publishes_refusal = document.get("dryRun") is not True

    def operation(self, context: Context) -> Operation:
        """The export that the body asks for. Raises ExportError."""
        return export_request.operation(self._invocation.document, context)

    def reply(self, result: Result, _: Context) -> Reply:
        """What came of it; the platform passes no status and no headers on, so the body has it all."""
        return json_reply(200, result.summary)

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The error in the API reference's form, with its status."""
        return error_reply(error, context, self._invocation.request_id, status=error.status)
