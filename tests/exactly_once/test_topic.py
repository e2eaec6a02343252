"""The topic takes so many messages a minute, or none: the caller is told, or the event comes again."""

from typing import Any

import pytest

from tests.exactly_once.request import Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform


@pytest.mark.parametrize("door", ["direct", "gateway"])
def test_a_caller_is_told_that_its_export_runs_unannounced(platform: LocalPlatform, door: str) -> None:
    platform.cloud.topic_rate = 0
    request = Request(platform, door)  # type: ignore[arg-type]

    reply = request.send(2)

    assert reply.status == 200
    assert len(request.exports) == 1
    told = {**reply.invocation.headers, **reply.document.get("notification", {})}
    assert "TooManyRequests" in (told.get("error"), told.get("fn-http-h-notification-error"))


def test_an_event_of_a_full_minute_comes_again_and_is_announced_then(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.topic_rate = 0
    assert event_request.send(2).status == 502
    platform.cloud.topic_rate = 1_000_000

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_detached_call_that_could_not_be_announced_fails(platform: LocalPlatform) -> None:
    platform.cloud.topic_rate = 0
    request = Request(platform, "direct")

    assert request.send(2, detached=True).invocation.failed
    assert len(request.exports) == 1


# Whoever removed the topic, or its policy: the function can tell nobody, so it must not say that it did.
LASTING: dict[str, Any] = {"status": 404, "code": "NotAuthorizedOrNotFound", "times": None}


def test_an_export_whose_announcement_is_refused_for_good_fails_the_invocation(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", **LASTING))

    assert event_request.send().status == 502


def test_a_rejection_that_can_not_be_published_fails_the_invocation(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.remove(event_request.image["id"])
    platform.cloud.faults.add(Fault("PublishMessage", **LASTING))

    assert event_request.send().status == 502

    platform.cloud.faults.clear()
    assert event_request.send().document["status"] == "rejected"
    assert len(event_request.announced("rejected")) == 1


def test_an_ending_whose_announcement_is_refused_for_good_fails_the_invocation(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send()
    event_request.end()
    platform.cloud.faults.add(Fault("PublishMessage", **LASTING))

    assert event_request.send_ending().status == 502

    platform.cloud.faults.clear()
    assert event_request.send_ending().document["status"] == "announced"
    assert len(event_request.announced("succeeded")) == 1


def test_a_lasting_refusal_of_a_detached_call_is_published(platform: LocalPlatform) -> None:
    request = Request(platform, "direct")
    platform.cloud.images.remove(request.image["id"])

    assert not request.send(detached=True).invocation.failed
    assert len(request.announced("rejected")) == 1
