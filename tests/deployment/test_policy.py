"""The policy is bound to one bucket and says why. That it is enough, the local cloud shows."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from handlers.operations.export_image import fallback
from tests.deployment.document import readme
from tests.local.oci import Cloud
from tests.local.platform import LocalPlatform

README = readme()


def statements(prefix: str = "") -> list[str]:
    loaded: list[str] = json.loads(README.named(f"{prefix}policy-statements.json").content)
    return loaded


OF_THE_FUNCTION = [
    statement
    for prefix in ("", "par-", "records-")
    for statement in statements(prefix)
    if statement.startswith("Allow dynamic-group image-export to")
]


def test_the_function_may_nothing_without_a_condition() -> None:
    assert len(OF_THE_FUNCTION) == 7
    assert [statement for statement in OF_THE_FUNCTION if " where " not in statement] == []


def test_buckets_and_objects_are_those_of_one_bucket() -> None:
    touching = [s for s in OF_THE_FUNCTION if re.search(r" to \w+ (buckets|objects) ", s)]
    assert len(touching) == 4
    assert [s for s in touching if "target.bucket.name='$BUCKET'" not in s] == []


def test_the_permissions_that_the_function_asks_for_when_it_lacks_them_are_granted() -> None:
    asked = set(re.findall(r"[A-Z]+_[A-Z]+", fallback._MISSING_PERMISSION))
    granted = {name for s in OF_THE_FUNCTION for name in re.findall(r"request\.permission='(\w+)'", s)}
    assert {"PAR_MANAGE"} < asked <= granted


def test_each_statement_has_its_reason() -> None:
    list_of_reasons = README.text.partition("Why each of them, in this order:\n\n")[2].partition("\n\n")[0]
    assert len(list_of_reasons.splitlines()) == len(statements())


def test_the_statement_that_the_table_of_symptoms_names_is_the_one_meant() -> None:
    """Rows of "At three in the morning" send the operator to a statement by its number."""
    for number, what in ((2, "work-requests"), (4, "OBJECT_INSPECT"), (5, "ons-topics"), (6, "cloudEvents")):
        assert what in statements()[number - 1]
        assert f"statement {number}" in README.text.partition("## At three in the morning")[2]


class Deployed:
    """The function on the local cloud, which enforces the policy; each answer is whether something works."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.cloud = platform, platform.cloud

    def call(self, **more: object) -> dict[str, Any]:
        """The reply to a direct call for an image of its own."""
        image = self.cloud.images.add(display_name="web")
        names = {
            "namespaceName": self.cloud.namespace,
            "bucketName": self.cloud.bucket,
            "objectName": image["id"],
        }
        details = {"destinationType": "objectStorageTuple", **names}
        reply: dict[str, Any] = json.loads(
            self.platform.invoke({"imageId": image["id"], "exportImageDetails": details, **more}).body
        )
        assert self.cloud.settle()
        return {"status": 200, **reply, "imageId": image["id"]}

    def announced(self, image_id: str) -> list[str]:
        messages = [json.loads(message.body) for message in self.cloud.messages]
        return [message["type"] for message in messages if message["data"]["imageId"] == image_id]

    def images_can_be_read(self) -> bool:
        return self.call(dryRun=True)["status"] == 200

    def endings_are_found(self) -> bool:
        return "imageexport.succeeded" in self.announced(self.call()["imageId"])

    def exports_go_by_the_bucket_s_name(self) -> bool:
        return self.call()["status"] == 200 and self.cloud.exports[-1].via == "tuple"

    def objects_are_written(self) -> bool:
        reply = self.call()
        return (self.platform.folder / self.cloud.namespace / self.cloud.bucket / reply["imageId"]).is_file()

    def exports_are_announced(self) -> bool:
        return "messageId" in self.call()["notification"]

    def events_reach_the_function(self) -> bool:
        image = self.cloud.images.add(display_name="web", announce=True)
        assert self.cloud.settle()
        return "imageexport.accepted" in self.announced(image["id"])

    def the_gateway_reaches_the_function(self) -> bool:
        return httpx.get(f"{self.platform.gateway.url}/openapi.json", timeout=60).status_code == 200

    def the_fallback_works(self) -> bool:
        self.cloud.switches.refuses_tuples = True
        reply = self.call()
        self.cloud.switches.refuses_tuples = False
        return reply["status"] == 200 or "PAR_MANAGE" not in reply["message"]

    def records_are_kept(self) -> bool:
        records = self.platform.folder / self.cloud.namespace / self.cloud.bucket / "records"
        return (records / f"{self.call()['imageId']}.json").is_file()


@pytest.fixture
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployed]:
    """With records only where they are what is looked at: endings are found by them, too."""
    records = f"{Cloud.namespace}/{Cloud.bucket}/records"
    is_about_records = "records_are_kept" in request.node.name
    with LocalPlatform(
        tmp_path,
        config={"EXPORT_RECORDS": records if is_about_records else None},
        timeout_s=6,
        advance="at once",
        seed=1,
    ) as platform:
        platform.cloud.events.retry_delay, platform.cloud.events.max_tries = 0.1, 1
        yield Deployed(platform)


@pytest.mark.parametrize(
    ("statement", "works"),
    [
        ("instance-images", Deployed.images_can_be_read),
        ("work-requests", Deployed.endings_are_found),
        ("read buckets", Deployed.exports_go_by_the_bucket_s_name),
        ("OBJECT_INSPECT", Deployed.objects_are_written),
        ("ons-topics", Deployed.exports_are_announced),
        ("service cloudEvents", Deployed.events_reach_the_function),
        ("image-export-gateways", Deployed.the_gateway_reaches_the_function),
        ("PAR_MANAGE", Deployed.the_fallback_works),
        ("records/*", Deployed.records_are_kept),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_without_a_statement_something_stops(
    statement: str, works: Callable[[Deployed], bool], deployed: Deployed
) -> None:
    assert works(deployed)
    with deployed.cloud.policy.without(statement):
        assert not works(deployed)
