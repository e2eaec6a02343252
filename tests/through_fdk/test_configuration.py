"""A wrong configuration names every problem at once, and nothing is called."""

from collections.abc import Callable

import pytest

from tests.fakes import IMAGE_ID
from tests.through_fdk.conftest import Deployed

Deploy = Callable[..., Deployed]
WRONG = {"TOPIC_ID": None, "EXPORT_BUCKET": None, "PAR_HOURS": "planted", "COMPUTE_ENDPOINT": "ftp://planted"}


def test_a_reader_is_told_every_wrong_key_and_no_value(deploy: Deploy) -> None:
    deployed = deploy(**WRONG)
    answered = deployed.export(IMAGE_ID)
    assert (answered.status, answered.json()["code"]) == (500, "InternalServerError")
    direct = deployed.deliver("direct")
    assert (direct.status, direct.json()["status"], direct.json()["code"]) == (
        200,
        500,
        "InternalServerError",
    )
    for message in (answered.json()["message"], direct.json()["message"]):
        assert all(key in message for key in WRONG)
        assert "planted" not in message
    assert deployed.services.calls() == []


def test_the_log_says_the_same(deploy: Deploy) -> None:
    deployed = deploy(**WRONG)
    deployed.export(IMAGE_ID)
    (line,) = deployed.log()
    assert (line["level"], line["status"], line["code"]) == ("ERROR", 500, "InternalServerError")
    assert all(key in line["message"] for key in WRONG)


def test_it_is_said_before_the_route_is_looked_for(deploy: Deploy) -> None:
    assert deploy(TOPIC_ID=None).http("GET", "/nowhere").status == 500


@pytest.mark.parametrize("payload", ["createimage.end", "exportimage.end", "object-created"])
def test_an_event_fails_so_that_it_may_come_again(payload: str, deploy: Deploy) -> None:
    deployed = deploy(**WRONG)
    assert deployed.deliver(payload).failed
    assert deployed.services.calls() == []


def test_a_detached_call_fails(deploy: Deploy) -> None:
    assert deploy(**WRONG).detach("direct").failed


def test_events_without_a_destination_fail_and_name_the_keys(deploy: Deploy) -> None:
    deployed = deploy(EXPORT_NAMESPACE=None, EXPORT_BUCKET=None)
    assert deployed.deliver("createimage.end").failed
    (line,) = deployed.log()
    assert "EXPORT_NAMESPACE and EXPORT_BUCKET" in line["message"]
    assert deployed.services.calls() == []


def test_callers_need_no_destination_for_events(deploy: Deploy) -> None:
    deployed = deploy(
        EXPORT_NAMESPACE=None, EXPORT_BUCKET=None, ALLOWED_DESTINATIONS="acme-images/exports/on-demand"
    )
    assert deployed.export(IMAGE_ID).status == 200


def test_an_export_is_refused_where_no_destination_is_configured(deploy: Deploy) -> None:
    deployed = deploy(EXPORT_NAMESPACE=None, EXPORT_BUCKET=None)
    assert deployed.export(IMAGE_ID).status == 403
    assert deployed.services.calls() == []
