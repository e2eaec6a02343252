"""A direct call: ``fn invoke``, the Functions API, Resource Scheduler. The body is the whole request."""

from handlers.context import Context, Requester
from handlers.errors import ExportError, NotAnnounced, Refused
from handlers.names import image_in
from handlers.operations.export_image import check_export, export_image
from handlers.triggers.fdk_call import Call, Reply, error_reply, json_reply
from handlers.triggers.requests import catch_up_request, export_request


class Direct:
    """One direct call. Nobody reads the reply to a detached one, or to a schedule's catch-up."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.is_read = not call.is_detached
        try:
            document = call.document
        except Refused:
            document = {}
        catch_up = document.get("catchUp")
        asked = document if catch_up is None else catch_up
        self.requester = Requester("direct" if catch_up is None else "catch-up", call.call_id)
        self.image_id = image_in(document.get("imageId"))
        self.publishes_rejection = not (isinstance(asked, dict) and asked.get("dryRun") is True)

    def run(self, context: Context) -> Reply:
        """Carries out the export, or the catch-up, that the body asks for. Raises ExportError."""
        document = self._call.document
        if "catchUp" in document:
            return self._catch_up(context)
        export, dry_run = export_request(document, context)
        if dry_run:
            image = check_export(export, context)
            document = {"image": image.document, "etag": image.etag, "opcRequestId": image.request_id}
            return json_reply(200, document, context)
        accepted, message_id, failure = export_image(export, context)
        if failure and not self.is_read:
            raise NotAnnounced("The export runs, but was not announced", failure)
        # The platform passes no status and no headers on: the body has it all.
        document = {
            "workRequestId": accepted.work_request_id,
            "image": accepted.image.document if accepted.image else None,
            "etag": accepted.headers.get("etag"),
            "opcRequestId": accepted.headers.get("opc-request-id"),
            "notification": {"error": failure.code} if failure else {"messageId": message_id},
        }
        return json_reply(200, document, context)

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The error in the API reference's form, with its status."""
        return error_reply(error, context, self._call, status=error.status)

    def _catch_up(self, context: Context) -> Reply:
        from handlers.operations.catch_up import CatchUp, catch_up, check_configured

        asked = CatchUp(*catch_up_request(self._call.document, context))
        check_configured(context.settings)
        # From here on it fails as an event does, unless somebody only wants to know.
        self.is_read = self.is_read and asked.dry_run
        return json_reply(200, catch_up(context, asked), context)
