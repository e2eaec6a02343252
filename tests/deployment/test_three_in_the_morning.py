"""Each row of "At three in the morning", tried on the local cloud with that fault: the words in it appear."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from tests.deployment.document import code, readme
from tests.local.fn import FunctionHost
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SECONDS, SHORT, WITH_RECORDS, Platforms, Reply, Request, line_of, send

ROWS = readme().table("At three in the morning", "what you see")
LONG_AGO = "2026-01-31T00:00:00Z"


class Operator:
    """Makes trouble on a local cloud, and sees what an operator sees: `seen` are replies, lines, messages."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.cloud = platform, platform.cloud
        self.replies: list[str] = []
        self._lines, self._messages = len(platform.host.logs), len(platform.cloud.messages)

    @property
    def seen(self) -> str:
        lines = self.platform.host.logs[self._lines :]
        messages = [message.body for message in self.cloud.messages[self._messages :]]
        return "\n".join([*self.replies, *lines, *messages])

    def without(self, *texts: str) -> None:
        """Takes the policy's statements away that have one of these texts in them."""
        policy = self.cloud.policy
        kept = [s for s in policy.statements or [] if not any(text in s.source for text in texts)]
        assert len(kept) < len(policy.statements or [])
        policy.statements = kept

    def sees(self, reply: Reply) -> Reply:
        if reply.invocation.failure != "FunctionInvokeTimeout":
            line_of(self.platform, reply.invocation.call_id)
        self.replies.append(reply.invocation.failure or json.dumps(reply.document))
        return reply

    def export(self, trigger: Any = "event", seconds: float = SECONDS) -> Request:
        request = Request(self.platform, trigger)
        self.sees(request.send(seconds))
        return request

    def catch_up(self) -> dict[str, Any]:
        call = {"catchUp": {"compartmentId": self.cloud.compartment_id}}
        return dict(self.sees(send(self.platform, json.dumps(call).encode())).document)

    def get(self, path: str) -> None:
        answer = httpx.get(self.platform.gateway.url + path, timeout=60)
        self.replies.append(f"{answer.status_code} {answer.text}")


def events_may_not_call(operator: Operator) -> None:
    operator.without("cloudEvents")
    request = Request(operator.platform)
    assert not operator.platform.deliver(request.event)
    assert request.image_id not in operator.seen


def no_permission_on_images(operator: Operator) -> None:
    operator.without("manage instance-images")
    for trigger in ("event", "direct"):
        operator.export(trigger, SHORT)


def no_permission_on_work_requests(operator: Operator) -> None:
    request = operator.export("direct")
    operator.cloud.switches.work_requests_need_create_image = True
    operator.without("use instances", "inspect work-requests")
    operator.get(f"/20160918/workRequests/{request.export.work_request_id}")
    request.end()
    assert operator.sees(request.send_ending(SHORT)).invocation.failed


def a_failed_export(operator: Operator) -> None:
    operator.cloud.faults.add(Fault("EndExport", code="InternalError", message="The disk could not be read"))
    request = operator.export()
    request.end()
    operator.sees(request.send_ending())
    assert operator.sees(request.send()).document["status"] == "exported"
    assert len(request.exports) == 2


def a_refused_export(operator: Operator) -> None:
    operator.cloud.faults.add(Fault("ExportImage", 400, "InvalidParameter", "No Marketplace image"))
    operator.export()


def a_busy_image(operator: Operator) -> None:
    for exporting_code in ("IncorrectState", "Conflict"):
        operator.cloud.switches.exporting_code = exporting_code  # type: ignore[assignment]
        request = Request(operator.platform, "direct")
        operator.cloud.images.set_state(request.image_id, "EXPORTING")
        operator.sees(request.send(SHORT))


def a_failure_that_may_pass(operator: Operator) -> None:
    operator.cloud.faults.add(Fault("ExportImage", 503, "ServiceUnavailable", times=None))
    operator.export(seconds=SHORT)


def a_container_that_hangs(operator: Operator) -> None:
    for container in operator.platform.host.containers:
        os.kill(container.pid, signal.SIGSTOP)
    request = Request(operator.platform)
    operator.sees(request.send(0.5))
    assert request.image_id not in operator.seen


def a_throttled_topic(operator: Operator) -> None:
    operator.cloud.topic_rate = 0
    for trigger in ("event", "direct"):
        assert operator.export(trigger, SHORT).exports


def a_refused_fallback(operator: Operator) -> None:
    operator.cloud.switches.refuses_tuples = True
    operator.without("PAR_MANAGE")
    operator.export("direct")


def the_fallback(operator: Operator) -> None:
    operator.cloud.switches.refuses_tuples = True
    assert operator.export().exports


def no_permission_on_records(operator: Operator) -> None:
    operator.without("OBJECT_READ")
    assert operator.export().accepted


def an_export_by_somebody_else(operator: Operator) -> None:
    request = operator.export()
    operator.cloud.buckets.delete(request.record_place)
    request.end()
    operator.sees(request.send_ending())
    (ending,) = request.announced("succeeded")
    assert ending["data"]["destination"] is None


def an_object_that_was_moved(operator: Operator) -> None:
    request = operator.export()
    request.end()
    operator.cloud.buckets.delete(request.export.destination)
    operator.sees(request.send_ending())


def an_unfinished_catch_up(operator: Operator) -> None:
    operator.cloud.images.add("old", time_created=LONG_AGO)
    operator.cloud.faults.add(Fault("ExportImage", 503, "ServiceUnavailable", times=None))
    assert operator.catch_up()["status"] == "unfinished"


def three_failed_exports(operator: Operator) -> None:
    operator.cloud.images.add("old", time_created=LONG_AGO)
    for _ in range(3):
        operator.cloud.faults.add(Fault("EndExport"))
        assert operator.catch_up()["exported"]
        operator.cloud.work_requests.advance(operator.cloud.exports[-1].work_request_id)
    assert operator.catch_up()["failed"]


def a_wrong_configuration(operator: Operator) -> None:
    operator.get("/openapi.json")


def a_gateway_that_may_not_call(operator: Operator) -> None:
    operator.without("ApiGateway")
    operator.get("/openapi.json")
    assert '"trigger":"gateway"' not in operator.seen


def a_container_that_does_not_start(operator: Operator) -> None:
    with TemporaryDirectory() as folder, FunctionHost(Path(folder), entry_point="standby") as host:
        operator.replies.append(str(host.invoke().failure))


# In the table's order; with the options of a cloud of its own, for whom the usual one will not do.
TROUBLES: dict[Callable[[Operator], None], dict[str, Any]] = {
    events_may_not_call: {},
    no_permission_on_images: {},
    no_permission_on_work_requests: {},
    a_failed_export: {},
    a_refused_export: {},
    a_busy_image: {},
    a_failure_that_may_pass: {},
    a_container_that_hangs: {},
    a_container_that_does_not_start: {},
    a_throttled_topic: {},
    a_wrong_configuration: {"config": {"TOPIC_ID": None}},
    a_gateway_that_may_not_call: {},
    the_fallback: {},
    a_refused_fallback: {},
    no_permission_on_records: {},
    an_export_by_somebody_else: {},
    an_object_that_was_moved: {},
    # They look at every image that there is.
    an_unfinished_catch_up: {"seed": 2},
    three_failed_exports: {"seed": 3},
}


@pytest.mark.parametrize(
    ("row", "trouble"), list(zip(ROWS, TROUBLES, strict=True)), ids=[trouble.__name__ for trouble in TROUBLES]
)
def test_the_words_of_the_row_appear(
    row: dict[str, str], trouble: Callable[[Operator], None], platforms: Platforms
) -> None:
    with platforms.borrow(**{"config": WITH_RECORDS, **TROUBLES[trouble]}) as platform:
        operator = Operator(platform)
        trouble(operator)
        assert [text for text in code(row["what you see"]) if text not in operator.seen] == []
