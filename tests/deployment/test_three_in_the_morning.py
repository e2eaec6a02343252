"""Each row of "At three in the morning", tried on the local cloud with that fault: the words in it appear."""

import json
import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from tests.deployment.document import README, code
from tests.local.fn import FunctionHost
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SECONDS, SHORT, WITH_RECORDS, Platforms, Reply, Request, line_of, send

ROWS = README.table("At three in the morning", "what you see")
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


class Trouble(Operator):
    """A method for each row, in the table's order."""

    def events_may_not_call(self) -> None:
        self.without("cloudEvents")
        request = Request(self.platform)
        assert not self.platform.deliver(request.event)
        assert request.image_id not in self.seen

    def no_permission_on_images(self) -> None:
        self.without("manage instance-images")
        for trigger in ("event", "direct"):
            self.export(trigger, SHORT)

    def no_permission_on_work_requests(self) -> None:
        request = self.export("direct")
        self.cloud.switches.work_requests_need_create_image = True
        self.without("use instances", "inspect work-requests")
        self.get(f"/20160918/workRequests/{request.export.work_request_id}")
        request.end()
        assert self.sees(request.send_ending(SHORT)).invocation.failed

    def a_failed_export(self) -> None:
        self.cloud.faults.add(Fault("EndExport", code="InternalError", message="The disk could not be read"))
        request = self.export()
        request.end()
        self.sees(request.send_ending())
        assert self.sees(request.send()).document["status"] == "exported"
        assert len(request.exports) == 2

    def a_refused_export(self) -> None:
        self.cloud.faults.add(Fault("ExportImage", 400, "InvalidParameter", "No Marketplace image"))
        self.export()

    def a_busy_image(self) -> None:
        for exporting_code in ("IncorrectState", "Conflict"):
            self.cloud.switches.exporting_code = exporting_code  # type: ignore[assignment]
            request = Request(self.platform, "direct")
            self.cloud.images.set_state(request.image_id, "EXPORTING")
            self.sees(request.send(SHORT))

    def a_failure_that_may_pass(self) -> None:
        self.cloud.faults.add(Fault("ExportImage", 503, "ServiceUnavailable", times=None))
        self.export(seconds=SHORT)

    def a_container_that_hangs(self) -> None:
        for container in self.platform.host.containers:
            os.kill(container.pid, signal.SIGSTOP)
        request = Request(self.platform)
        self.sees(request.send(0.5))
        assert request.image_id not in self.seen

    def a_container_that_does_not_start(self) -> None:
        with TemporaryDirectory() as folder, FunctionHost(Path(folder), entry_point="standby") as host:
            self.replies.append(str(host.invoke().failure))

    def a_throttled_topic(self) -> None:
        self.cloud.topic_rate = 0
        for trigger in ("event", "direct"):
            assert self.export(trigger, SHORT).exports

    def a_wrong_configuration(self) -> None:
        self.get("/openapi.json")

    def a_gateway_that_may_not_call(self) -> None:
        self.without("ApiGateway")
        self.get("/openapi.json")
        assert '"trigger":"gateway"' not in self.seen

    def the_fallback(self) -> None:
        self.cloud.switches.refuses_tuples = True
        assert self.export().exports

    def a_refused_fallback(self) -> None:
        self.cloud.switches.refuses_tuples = True
        self.without("PAR_MANAGE")
        self.export("direct")

    def no_permission_on_records(self) -> None:
        self.without("OBJECT_READ")
        assert self.export().accepted

    def an_export_by_somebody_else(self) -> None:
        request = self.export()
        self.cloud.buckets.delete(request.record_place)
        request.end()
        self.sees(request.send_ending())
        (ending,) = request.announced("succeeded")
        assert ending["data"]["destination"] is None

    def an_object_that_was_moved(self) -> None:
        request = self.export()
        request.end()
        self.cloud.buckets.delete(request.export.destination)
        self.sees(request.send_ending())

    def an_unfinished_catch_up(self) -> None:
        self.cloud.images.add("old", time_created=LONG_AGO)
        self.cloud.faults.add(Fault("ExportImage", 503, "ServiceUnavailable", times=None))
        assert self.catch_up()["status"] == "unfinished"

    def three_failed_exports(self) -> None:
        self.cloud.images.add("old", time_created=LONG_AGO)
        for _ in range(3):
            self.cloud.faults.add(Fault("EndExport"))
            assert self.catch_up()["exported"]
            self.cloud.work_requests.advance(self.cloud.exports[-1].work_request_id)
        assert self.catch_up()["failed"]


TROUBLES = [name for name, method in vars(Trouble).items() if callable(method)]
# For these, a cloud of their own: the last two look at every image that there is.
OPTIONS: dict[str, dict[str, Any]] = {
    "a_wrong_configuration": {"config": {"TOPIC_ID": None}},
    "an_unfinished_catch_up": {"seed": 2},
    "three_failed_exports": {"seed": 3},
}


@pytest.mark.parametrize(("row", "trouble"), list(zip(ROWS, TROUBLES, strict=True)), ids=TROUBLES)
def test_the_words_of_the_row_appear(row: dict[str, str], trouble: str, platforms: Platforms) -> None:
    with platforms.borrow(**{"config": WITH_RECORDS} | OPTIONS.get(trouble, {})) as platform:
        operator = Trouble(platform)
        getattr(operator, trouble)()
        assert [text for text in code(row["what you see"]) if text not in operator.seen] == []
