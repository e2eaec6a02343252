"""The function host keeps the platform's rules, seen with a function that does as it is told."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.local.fn import Container, FunctionHost

ECHO = Path(__file__).parent / "functions" / "echo"


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    with FunctionHost(ECHO, {"TOPIC_ID": "ocid1.onstopic.oc1..x"}, timeout_s=60) as host:
        yield host


def order(**what: object) -> bytes:
    return json.dumps(what).encode()


def test_the_function_gets_the_body_and_the_platforms_headers(host: FunctionHost) -> None:
    seen = host.invoke(b"hello", {"Content-Type": "text/plain"}, call_id="01CALL").json()
    assert seen["body"] == "hello"
    assert seen["callId"] == "01CALL"
    assert seen["headers"]["content-type"] == "text/plain"
    assert seen["headers"]["fn-invoke-type"] == "sync"


def test_the_deadline_is_the_timeout_from_now_in_whole_seconds(host: FunctionHost) -> None:
    before = datetime.now(UTC)
    told = datetime.fromisoformat(host.invoke().json()["deadline"])
    after = datetime.now(UTC)
    assert told.microsecond == 0
    assert before + timedelta(seconds=59) <= told <= after + timedelta(seconds=60)


def test_a_caller_cannot_set_the_call_id_or_the_deadline(host: FunctionHost) -> None:
    forged = {"fn-call-id": "mine", "FN-Deadline": "2099-01-01T00:00:00Z"}
    seen = host.invoke(headers=forged, call_id="01CALL").json()
    assert seen["callId"] == "01CALL"
    assert not seen["deadline"].startswith("2099")


def test_nothing_of_the_developers_environment_gets_in(
    host: FunctionHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCI_SDK_DEFAULT_RETRY_ENABLED", "true")
    with FunctionHost(ECHO, {"TOPIC_ID": "t"}) as fresh:
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


def test_the_function_cannot_write_into_its_own_folder(host: FunctionHost) -> None:
    assert "Permission denied" in host.invoke(order(write="new.txt")).detail


def test_a_warm_container_serves_call_after_call(host: FunctionHost) -> None:
    first, second = host.invoke(), host.invoke()
    assert first.json()["pid"] == second.json()["pid"]
    assert not second.cold
    assert host.containers[0].invocations >= 2
    assert host.containers[0].resident_bytes > 1_000_000


def test_a_container_that_was_hung_up_on_serves_the_next_call(host: FunctionHost) -> None:
    first = host.invoke()
    host.containers[0].hang_up()
    second = host.invoke()
    assert not second.failed
    assert second.container == first.container


def test_a_function_that_raises_has_failed_and_keeps_its_container(host: FunctionHost) -> None:
    before = host.invoke().container
    failed = host.invoke(order(**{"raise": "broken"}))
    assert (failed.status, failed.failure, failed.body) == (502, "FunctionInvokeExecutionFailed", b"")
    assert failed.detail == "broken"
    assert host.invoke().container == before


def test_another_wire_status_costs_the_function_its_container(host: FunctionHost) -> None:
    before = host.invoke().container
    answered = host.invoke(order(status=504))
    assert answered.failure == "FunctionInvokeTimeout"
    assert host.invoke().container != before


def test_a_status_of_the_functions_own_is_a_success_to_the_platform(host: FunctionHost) -> None:
    assert not host.invoke(order(status=404)).failed


def test_a_container_that_dies_fails_its_call_and_is_replaced_at_the_next(host: FunctionHost) -> None:
    before = host.invoke().container
    died = host.invoke(order(exit=3))
    assert (died.status, died.failure) == (502, "FunctionInvokeExecutionFailed")
    after = host.invoke()
    assert not after.failed
    assert after.container != before


def test_a_container_can_be_killed_while_a_call_is_in_flight() -> None:
    with FunctionHost(ECHO) as host:
        called = threading.Event()
        host.on_call_started = lambda container, call_id: called.set()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(host.invoke, order(sleep=60))
            assert called.wait(30)
            host.log.wait_for(lambda line: "called" in line)
            assert host.kill_busy() == 1
            assert running.result(30).failure == "FunctionInvokeExecutionFailed"


def test_a_container_killed_while_idle_fails_no_call(host: FunctionHost) -> None:
    host.invoke()
    host.kill(host.containers[0])
    again = host.invoke()
    assert not again.failed
    assert again.cold


def test_a_call_past_its_deadline_is_ended_and_so_is_its_container(host: FunctionHost) -> None:
    before = host.invoke().container
    late = host.invoke(order(sleep=60), deadline=datetime.now(UTC) + timedelta(seconds=0.3))
    assert (late.status, late.failure) == (504, "FunctionInvokeTimeout")
    assert 0 < late.overrun_s < 30
    assert host.invoke().container != before


def test_calls_at_once_get_a_container_each_up_to_the_limit() -> None:
    with FunctionHost(ECHO, max_containers=2) as host, ThreadPoolExecutor(3) as pool:
        met = threading.Barrier(2, timeout=30)
        most: list[int] = []

        def meet(container: Container, call_id: str) -> None:
            most.append(len(host.busy))
            if len(most) <= 2:  # the first two are in flight at the same time, or the barrier breaks
                met.wait()

        host.on_call_started = meet
        results = list(pool.map(lambda _: host.invoke(), range(3)))
        assert {result.container for result in results} == {1, 2}
        assert max(most) == 2


def test_a_call_that_finds_every_container_busy_for_too_long_is_refused() -> None:
    with FunctionHost(ECHO, max_containers=1, timeout_s=0.2) as host, ThreadPoolExecutor(1) as pool:
        held, let_go = threading.Event(), threading.Event()

        def hold(container: Container, call_id: str) -> None:
            held.set()
            let_go.wait(30)

        host.on_call_started = hold
        running = pool.submit(host.invoke)
        assert held.wait(30)
        assert host.invoke().failure == "FunctionInvokeNoCapacity"
        let_go.set()
        running.result(30)


def test_containers_can_stand_ready_before_the_first_call() -> None:
    with FunctionHost(ECHO, max_containers=2) as host:
        host.prepare(2)
        assert len(host.containers) == 2
        assert not host.invoke().cold


def test_a_function_that_never_listens_fails_the_call(tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text("raise SystemExit(3)\n")
    with FunctionHost(tmp_path, entry_point="standby") as host:
        failed = host.invoke()
    assert failed.failure == "FunctionInvokeContainerInitFail"
    assert "3" in failed.detail


def test_the_second_entry_point_is_func_py_itself() -> None:
    with FunctionHost(ECHO, entry_point="standby") as host:
        assert host.invoke(b"{}").status == 200


def test_log_lines_arrive_as_they_were_written(host: FunctionHost) -> None:
    host.invoke(call_id="01LOGGED")
    host.log.wait_for(lambda line: "01LOGGED" in line)
    assert {"message": "called", "callId": "01LOGGED"} in host.log_entries


def test_the_log_can_be_a_file_or_a_callable(tmp_path: Path) -> None:
    lines: list[str] = []
    for log in (tmp_path / "function.log", lines.append):
        with FunctionHost(ECHO, log=log) as host:
            host.invoke(call_id="01LOGGED")
    assert "01LOGGED" in (tmp_path / "function.log").read_text()
    assert "01LOGGED" in "".join(lines)


def _another_user_can_run_python() -> bool:
    try:
        subprocess.run([sys.executable, "-c", ""], check=True, user=65534, group=65534, extra_groups=[])
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


@pytest.mark.skipif(
    not _another_user_can_run_python(), reason="needs root, and a Python that others may read"
)
def test_a_container_can_run_as_another_user() -> None:
    with FunctionHost(ECHO, user=65534) as host:
        assert host.invoke().json()["user"] == 65534
