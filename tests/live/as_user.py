"""ExportImage as the user, without the function."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import oci

from .run import REFUSED, Place, Run, told

KNOWN_ISSUE = "Invalid bucketName"
_REQUEST_LIVES = timedelta(hours=24)


class Answered(NamedTuple):
    """What Compute answered: an export's work request, or the code of a refusal."""

    status: int
    work_request_id: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        return f"{self.status} `{self.code}`" if self.code else f"{self.status}"


def export_as_user(run: Run, place: Place, retry_token: str) -> Answered:
    """One request, to the bucket's name; to the URL of a pre-authenticated request where names are refused.

    The known issue that a function may meet is there for federated users, too.
    """
    answered = _ask(run, _details(run, place), retry_token)
    if answered.code == KNOWN_ISSUE:
        run.screen.step("Compute", "refuses the bucket's name from your user, too: on by a request's URL")
        run.user_needs_requests = True
        answered = _ask(run, _details(run, place), retry_token)
    return answered


def _ask(run: Run, details: Any, retry_token: str) -> Answered:
    try:
        answer = run.clients.compute.export_image(run.options.image_id, details, opc_retry_token=retry_token)
    except REFUSED as refusal:
        if str(refusal.message).startswith(KNOWN_ISSUE):
            return Answered(refusal.status, code=KNOWN_ISSUE)
        run.screen.step("Compute", f"answered your user {told(refusal)}")
        return Answered(refusal.status, code=str(refusal.code))
    work_request_id = str(answer.headers["opc-work-request-id"])
    run.screen.step("Compute", f"accepted your user's export: {work_request_id}")
    return Answered(200, work_request_id)


def _details(run: Run, place: Place) -> Any:
    models = oci.core.models
    if run.user_needs_requests:
        return models.ExportImageViaObjectStorageUriDetails(destination_uri=_url(run, place))
    return models.ExportImageViaObjectStorageTupleDetails(
        namespace_name=place.namespace, bucket_name=place.bucket, object_name=place.name
    )


def _url(run: Run, place: Place) -> str:
    """The same for the same place: another URL would be another payload."""
    if place not in run.own_requests:
        details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(
            name=f"image-export-live-{run.stamp}",
            object_name=place.name,
            access_type="ObjectWrite",
            time_expires=datetime.now(UTC) + _REQUEST_LIVES,
        )
        request = run.clients.object_storage.create_preauthenticated_request(
            place.namespace, place.bucket, details
        ).data
        run.own_requests[place] = request
    request = run.own_requests[place]
    return str(request.full_path or run.clients.object_storage.base_client.endpoint + request.access_uri)
