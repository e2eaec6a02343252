"""The units' world: each caller gets the function's answer, and what was published and recorded is seen."""

from tests.unit.world import RECORDS, World, tuple_details


def test_a_caller_of_each_kind_gets_the_functions_answer(recording: World) -> None:
    recording.cloud.advance = "at once"
    by_event = recording.event("createimage.end")
    assert (by_event.status, by_event.document["status"]) == (200, "exported")
    over_http = recording.export(headers={"opc-retry-token": "nightly-1"})
    assert (over_http.status, over_http.document["id"]) == (200, recording.image["id"])
    assert over_http.headers["opc-work-request-id"]
    called = recording.call(
        {"imageId": recording.image["id"], "exportImageDetails": tuple_details("b.oci")}, detached=True
    )
    assert called.document["workRequestId"]
    assert [call.status for call in recording.calls("ExportImage")] == [200] * 3
    kinds = [message["data"]["trigger"]["kind"] for message in recording.announced("accepted")]
    assert kinds == ["event", "gateway", "direct"]
    assert [entry["trigger"]["kind"] for entry in recording.record()["exports"]] == kinds[::-1]
    assert called.line["trigger"] == "direct"


def test_the_next_configuration_is_another_containers(world: World) -> None:
    world.configure(TOPIC_ID=None, EXPORT_RECORDS=RECORDS)
    answer = world.event("createimage.end")
    assert (answer.status, answer.document["code"]) == (502, "InternalServerError")
    assert world.cloud.calls == []
    assert world.record() is None
