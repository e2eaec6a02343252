"""A container may be killed at any step: the next delivery finds what it had done."""

from collections.abc import Callable

import pytest

from tests.exactly_once.request import Request
from tests.local.platform import LocalPlatform

STEPS = {
    "before the export": ("ExportImage", "received"),
    "after Compute accepted the export": ("ExportImage", "done"),
    "before the announcement": ("PublishMessage", "received"),
    "after the announcement": ("PublishMessage", "done"),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_an_event_whose_container_is_killed_is_exported_once_and_announced(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None], step: tuple[str, str]
) -> None:
    once(*step, platform.host.kill_busy)

    assert event_request.send().invocation.failure == "FunctionInvokeExecutionFailed"
    assert event_request.send().document["status"] == "exported"

    [export] = event_request.exports
    assert {announcement["id"] for announcement in event_request.accepted} == {export.work_request_id}


def test_an_event_whose_containers_are_killed_again_and_again_is_exported_once(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None]
) -> None:
    for step in STEPS.values():
        once(*step, platform.host.kill_busy)
        event_request.send()
        event_request.end()

    assert event_request.send().document["status"] == "exported"

    [export] = event_request.exports
    assert {announcement["id"] for announcement in event_request.accepted} == {export.work_request_id}
