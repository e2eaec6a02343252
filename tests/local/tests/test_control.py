"""The services that run and call the function, called by the vendor's SDK."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import oci
import pytest
from oci._vendor import requests

from tests.local.control import ControlServer
from tests.local.fn import FunctionHost
from tests.local.oci import Cloud
from tests.local.tests.oci.conftest import refused

ECHO = Path(__file__).parent / "functions" / "echo"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cloud with its function, and a user's clients; an Any, for the SDK has no types."""
    folder = tmp_path_factory.mktemp("cloud")
    with (
        Cloud(folder, seed=1) as cloud,
        FunctionHost(ECHO, timeout_s=60) as host,
        ControlServer(cloud, host, dict) as server,
    ):
        user = cloud.api_key(folder)
        functions = oci.functions.FunctionsInvokeClient(user, service_endpoint=server.url)

        def invoke(body: bytes = b"", **options: Any) -> Any:
            return functions.invoke_function(cloud.function_id, invoke_function_body=body, **options)

        servers = {"cloud": cloud, "host": host, "server": server}
        yield SimpleNamespace(user=user, functions=functions, invoke=invoke, **servers)


def test_a_call_gets_what_the_function_answered_whatever_its_status(console: Any) -> None:
    answer = console.invoke(b'{"status": 404}', fn_intent="cloudevent", opc_request_id="mine")
    seen = json.loads(answer.data.content)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["fn-call-id"] == seen["callId"]
    assert answer.headers["opc-request-id"].startswith("mine/")
    assert seen["body"] == '{"status": 404}'
    assert seen["headers"]["fn-intent"] == "cloudevent"
    assert seen["headers"]["oci-subject-id"].startswith("ocid1.user.")
    # For a function that fails, the service answers.
    assert refused(console.invoke, b'{"exit": 3}') == (502, "FunctionInvokeExecutionFailed")
    assert refused(console.invoke, b'{"status": 504}') == (504, "FunctionInvokeTimeout")


def test_a_detached_call_is_answered_before_it_begins(console: Any) -> None:
    answer = console.invoke(b"detached", fn_invoke_type="detached")
    assert (answer.status, answer.data.content) == (202, b"")
    call_id = answer.headers["fn-call-id"]
    console.host.log.wait_for(lambda line: call_id in line)


def test_what_is_not_there_not_signed_or_too_large_is_refused(console: Any) -> None:
    other = "ocid1.fnfunc.oc1.phx.other"
    assert refused(console.functions.invoke_function, other) == (404, "NotAuthorizedOrNotFound")
    assert refused(console.invoke, b"x" * (6 * 1024 * 1024 + 1))[0] == 413
    # The path of `fn`, which the SDK signs no request for.
    url = f"{console.server.url}/20181201/functions/{console.cloud.function_id}/actions/invoke"
    answer = httpx.post(url, content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (401, "NotAuthenticated")
    assert requests.post(url, data=b"{}", auth=console.functions.base_client.signer).json()["body"] == "{}"


def test_the_functions_log_can_be_searched_in_its_place_and_in_one_form(console: Any) -> None:
    client = oci.loggingsearch.LogSearchClient(console.user, service_endpoint=console.server.url)

    def search(query: str) -> Any:
        times = {"time_start": datetime.now(UTC), "time_end": datetime.now(UTC)}
        details = oci.loggingsearch.models.SearchLogsDetails(search_query=query, **times)
        return client.search_logs(details).data

    call_id = console.invoke().headers["fn-call-id"]
    console.host.log.wait_for(lambda line: call_id in line)
    place = f"{console.cloud.function_compartment_id}/{console.server.log_group_id}/{console.server.log_id}"
    (result,) = search(f"search \"{place}\" | where logContent = '*{call_id}*'").results
    assert json.loads(result.data["logContent"]["data"]["message"])["callId"] == call_id
    elsewhere = "search \"a/b/c\" | where logContent = '*x*'"
    assert refused(search, elsewhere) == (404, "NotAuthorizedOrNotFound")
    assert refused(search, 'search "a/b/c" | count') == (400, "InvalidParameter")


def test_emitted_events_are_in_the_audit_log_of_their_compartment_and_time(console: Any) -> None:
    image = console.cloud.images.add(announce=True)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    client = oci.audit.AuditClient(console.user, service_endpoint=console.server.url)

    def audited(compartment: str, since: datetime) -> list[str]:
        listed = client.list_events(compartment, since, now + hour).data
        return [event.data.resource_id for event in listed]

    assert audited(image["compartmentId"], now - hour) == [image["id"]]
    assert not audited(image["compartmentId"], now + hour / 2)
    assert not audited("ocid1.compartment.oc1..other", now - hour)
