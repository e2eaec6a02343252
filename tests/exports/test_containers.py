"""Other containers: misconfigured, and of the second entry point."""

from tests import events
from tests.platform import Platforms, Request, line_of

TRACE_ID = "0123456789abcdef"
TRACING = {"OCI_TRACING_ENABLED": "1", "OCI_TRACE_COLLECTOR_URL": "http://127.0.0.1:1/collector"}


def test_a_misconfigured_function_names_every_key_to_whoever_reads_it_and_calls_nothing(
    platforms: Platforms,
) -> None:
    with platforms.borrow(config={"TOPIC_ID": None, "EXPORT_BUCKET": None, "PAR_HOURS": "x"}) as platform:
        direct = platform.invoke({})
        event = platform.invoke(events.load("createimage.end"))

        assert direct.json()["status"] == 500
        assert event.failed
        for message in (direct.json()["message"], line_of(platform, event.call_id)["message"]):
            assert all(key in message for key in ("TOPIC_ID", "EXPORT_BUCKET", "PAR_HOURS"))
        assert platform.cloud.calls == []


def test_the_second_entry_point_does_the_same_and_the_platforms_trace_is_in_the_log(
    platforms: Platforms,
) -> None:
    with platforms.borrow(entry_point="standby", config=TRACING) as platform:
        request = Request(platform)

        reply = request.send(headers=[("x-b3-traceid", TRACE_ID)])

        assert reply.document["status"] == "exported"
        assert len(request.exports) == len(request.accepted) == 1
        assert line_of(platform, reply.invocation.call_id)["traceId"] == TRACE_ID
        request.end()
        assert request.send_ending().document["status"] == "announced"
