"""The function host keeps the platform's rules, seen with a function that does as it is told."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.local.fn import FunctionHost

ECHO = Path(__file__).parent / "functions" / "echo"


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    with FunctionHost(ECHO, {"TOPIC_ID": "ocid1.onstopic.oc1..x"}, timeout_s=60) as host:
        yield host


def order(**what: object) -> bytes:
    return json.dumps(what).encode()


def test_the_function_gets_the_body_and_the_platforms_headers_which_no_caller_can_set(
    host: FunctionHost,
) -> None:
    forged = {"fn-call-id": "mine", "FN-Deadline": "2099-01-01T00:00:00Z", "Content-Type": "text/plain"}
    before = datetime.now(UTC)
    seen = host.invoke(b"hello", forged, call_id="01CALL").json()
    after = datetime.now(UTC)
    assert (seen["body"], seen["callId"]) == ("hello", "01CALL")
    assert seen["headers"]["content-type"] == "text/plain"
    assert seen["headers"]["fn-invoke-type"] == "sync"
    # The timeout from now, in whole seconds.
    told = datetime.fromisoformat(seen["deadline"])
    assert told.microsecond == 0
    assert before + timedelta(seconds=59) <= told <= after + timedelta(seconds=60)


def test_nothing_of_the_developers_environment_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCI_SDK_DEFAULT_RETRY_ENABLED", "true")
    # By the second entry point, which is func.py itself.
    with FunctionHost(ECHO, {"TOPIC_ID": "t"}, entry_point="standby") as fresh:
        environment = fresh.invoke().json()["environment"]
    assert environment["TOPIC_ID"] == "t"
    assert environment["FN_FORMAT"] == "http-stream"
    assert "OCI_SDK_DEFAULT_RETRY_ENABLED" not in environment
    assert environment["HOME"] != os.environ.get("HOME")


def test_the_code_runs_from_a_copy_that_nobody_may_write_to(host: FunctionHost) -> None:
    folder = Path(host.invoke().json()["folder"])
    assert folder != ECHO
    assert not any(path.stat().st_mode & 0o222 for path in [folder, *folder.rglob("*")])
    assert not list(folder.rglob("*.pyc"))
    assert "Permission denied" in host.invoke(order(write="new.txt")).detail


def test_a_warm_container_serves_call_after_call(host: FunctionHost) -> None:
    first, second = host.invoke(), host.invoke()
    assert first.json()["pid"] == second.json()["pid"]
    assert not second.cold
    assert host.containers[0].invocations >= 2
    host.containers[0].hang_up()
    assert host.invoke().container == second.container
    # One that was killed while it was idle fails no call.
    host.containers[0].kill()
    third = host.invoke()
    assert (third.failed, third.cold) == (False, True)


@pytest.mark.parametrize(
    ("what", "status", "failure", "kept"),
    [
        ({"raise": "broken"}, 502, "FunctionInvokeExecutionFailed", True),
        ({"status": 504}, 504, "FunctionInvokeTimeout", False),
        ({"exit": 3}, 502, "FunctionInvokeExecutionFailed", False),
    ],
)
def test_a_function_that_says_that_it_failed_keeps_its_container_and_no_other_does(
    host: FunctionHost, what: dict[str, Any], status: int, failure: str, kept: bool
) -> None:
    before = host.invoke().container
    failed = host.invoke(order(**what))
    assert (failed.status, failed.failure, failed.body) == (status, failure, b"")
    after = host.invoke(order(status=404))  # the function's own: to the platform, a success
    assert not after.failed
    assert (after.container == before) is kept


def test_a_call_past_its_deadline_is_ended_and_so_is_its_container(host: FunctionHost) -> None:
    before = host.invoke().container
    late = host.invoke(order(sleep=60), deadline=datetime.now(UTC) + timedelta(seconds=0.3))
    assert (late.status, late.failure) == (504, "FunctionInvokeTimeout")
    assert 0 < late.overrun_s < 30
    assert host.invoke().container != before


def test_calls_at_once_get_a_container_each_up_to_the_limit() -> None:
    with FunctionHost(ECHO, max_containers=2, timeout_s=0.2) as host, ThreadPoolExecutor(2) as pool:
        host.prepare(2)
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        calls = [pool.submit(host.invoke, order(sleep=60), deadline=deadline) for _ in range(2)]
        host.log.wait_for(lambda _: len(host.log_entries) == 2)
        assert {container.number for container in host.busy.values()} == {1, 2}
        assert host.invoke().failure == "FunctionInvokeNoCapacity"
        assert host.kill_busy() == 2
        for ended in (call.result(30) for call in calls):
            assert (ended.failure, ended.cold) == ("FunctionInvokeExecutionFailed", False)


def test_a_function_that_never_listens_fails_the_call(tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text("raise SystemExit(3)\n")
    with FunctionHost(tmp_path, entry_point="standby") as host:
        failed = host.invoke()
    assert failed.failure == "FunctionInvokeContainerInitFail"
    assert "3" in failed.detail
