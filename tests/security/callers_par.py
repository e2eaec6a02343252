"""A caller's own pre-authenticated request, whose token reads as the test wants it to."""

from tests.local.oci import Cloud, Destination, PreauthenticatedRequest


def destination_uri(cloud: Cloud, token: str, object_name: str, bucket: str) -> str:
    """The URL of a request to write that object; it lives for ever."""
    cloud.pars.append(
        PreauthenticatedRequest(
            id=f"{token}:{object_name}",
            name="a caller's",
            token=token,
            destination=Destination(cloud.namespace, bucket, object_name),
            access_type="ObjectWrite",
            expires=float("inf"),
            created=0.0,
            maker=cloud.function,
        )
    )
    return f"{cloud.endpoint}/p/{token}/n/{cloud.namespace}/b/{bucket}/o/{object_name}"
