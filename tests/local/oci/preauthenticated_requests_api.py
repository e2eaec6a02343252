"""Pre-authenticated requests on the wire. Source: the SDK's `ObjectStorageClient` and its models."""

import secrets

from . import errors
from .exchange import Answer, Received, only, text
from .identifiers import seconds
from .object_storage import Buckets
from .preauthenticated_request import PreauthenticatedRequest
from .tenancy import Tenancy

ONE_OBJECT = ("ObjectRead", "ObjectWrite", "ObjectReadWrite")
ANY_OBJECT = ("AnyObjectRead", "AnyObjectWrite", "AnyObjectReadWrite")


class PreauthenticatedRequestsApi:
    def __init__(self, tenancy: Tenancy, buckets: Buckets) -> None:
        self._tenancy, self._buckets = tenancy, buckets

    def create(self, request: Received) -> Answer:
        """200; the access URI is in this answer alone."""
        fields = request.json()
        only(fields, {"name", "accessType", "objectName", "timeExpires", "bucketListingAction"})
        now = self._tenancy.clock.now()
        par = PreauthenticatedRequest(
            id=f"{secrets.token_urlsafe(32)}:{fields.get('objectName', '')}",
            name=text(fields, "name"),
            token=secrets.token_urlsafe(48),
            namespace=request.params["namespace"],
            bucket=request.params["bucket"],
            object=text(fields, "objectName") if "objectName" in fields else None,
            access_type=_access_type(fields),
            expires=_expiry(fields, now),
            created=now,
            maker=request.caller,
        )
        self._buckets.pars.append(par)
        return Answer(200, par.wire(self._tenancy.endpoint))

    def list(self, request: Received) -> Answer:
        """200, those that live, on one page and without their URLs."""
        place = (request.params["namespace"], request.params["bucket"])
        listed = [par for par in self._buckets.live_pars if (par.namespace, par.bucket) == place]
        return Answer(200, [par.summary() for par in listed])

    def delete(self, request: Received) -> Answer:
        """204. The id has the object's name in it, so it comes with its slashes encoded."""
        params = request.params
        self._buckets.delete_par(params["namespace"], params["bucket"], params["parId"])
        return Answer(204)


def _access_type(fields: dict[str, object]) -> str:
    access_type = text(fields, "accessType")
    if access_type not in ONE_OBJECT + ANY_OBJECT:
        raise errors.invalid("accessType", f"must be one of {', '.join(ONE_OBJECT + ANY_OBJECT)}")
    if access_type in ONE_OBJECT and not fields.get("objectName"):
        raise errors.missing("objectName")
    return access_type


def _expiry(fields: dict[str, object], now: float) -> float:
    try:
        expires = seconds(text(fields, "timeExpires"))
    except ValueError as problem:
        raise errors.invalid("timeExpires", "is not an RFC 3339 time") from problem
    if expires <= now:
        raise errors.invalid("timeExpires", "is not in the future")
    return expires
