"""A direct call: ``fn invoke``, the Functions API, Resource Scheduler. The body is the whole request."""

from handlers.errors import ExportError
from handlers.exports.commands import Command, Outcome, Shown, Started, Trigger
from handlers.exports.policy import Policy
from handlers.triggers import export_request
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import JSON, Reply


def command(invocation: Invocation, policy: Policy) -> Command:
    """The export that the body asks for. Raises Refused."""
    request = export_request.validate(invocation.document, policy.hosts)
    return export_request.command(request, trigger(invocation), policy)


def reply(outcome: Outcome, invocation: Invocation) -> Reply:
    """What came of it; the platform passes no status and no headers on, so the body has it all."""
    match outcome:
        case Started(work_request_id, image) if image is not None:
            document = {
                "workRequestId": work_request_id,
                "image": image.document,
                "etag": image.etag,
                "opcRequestId": image.request_id,
                "notification": {"messageId": outcome.message_id}
                if outcome.message_id
                else {"error": outcome.notification_error},
            }
        case Shown(image):
            document = {"image": image.document, "etag": image.etag, "opcRequestId": image.request_id}
        case _:
            raise TypeError(f"no reply to {type(outcome).__name__}")
    return Reply(200, document, JSON)


def refusal(error: ExportError, invocation: Invocation) -> Reply:
    """The error in the API reference's form, with its status."""
    document = {"status": error.status, "code": error.code, "message": error.message}
    return Reply(
        error.status, document, {**JSON, "opc-request-id": error.request_id or invocation.request_id}
    )


def trigger(invocation: Invocation) -> Trigger:
    """This call."""
    return Trigger("direct", invocation.call_id)
