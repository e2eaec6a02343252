"""The function's resource principal is rotated under a warm container."""

from collections.abc import Callable

from tests.exactly_once.request import Request
from tests.local.platform import LocalPlatform


def test_a_rotated_resource_principal_is_read_again_within_the_try(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.resource_principal.rotate(platform.credentials)

    assert event_request.send().document["status"] == "exported"
    assert [call.status for call in event_request.tries] == [401, 200]
    assert len(set(event_request.tokens)) == 1
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_principal_whose_files_are_just_being_replaced_is_read_again_in_the_next_try(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None]
) -> None:
    key = platform.credentials / "private.pem"
    platform.cloud.resource_principal.rotate(platform.credentials)
    whole = key.read_bytes()
    key.write_bytes(whole[: len(whole) // 2])
    # The first try is refused, and finds the half; so the file is whole only after the second was received.
    once("ExportImage", "received", lambda: once("ExportImage", "received", lambda: key.write_bytes(whole)))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_principal_that_nobody_takes_fails_the_invocation_so_that_the_event_comes_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.resource_principal.expire()

    assert event_request.send().status == 502

    platform.cloud.resource_principal.rotate(platform.credentials)
    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1
