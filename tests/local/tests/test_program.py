"""`python -m tests.local`, run as a user runs it: a process of its own."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from signal import SIGINT

import httpx
import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "tests.local", "--seconds", "0.5"]
# Far more than it takes: it only ends a program that hangs.
LIMIT_S = 240

Ran = subprocess.CompletedProcess[str]


def run(*options: str) -> Ran:
    return subprocess.run(
        [*PROGRAM, *options], cwd=CHECKOUT, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exported") / "new"


@pytest.fixture(scope="module")
def told(folder: Path) -> Ran:
    """The story as it is told without options, objects in `folder`."""
    return run("--folder", str(folder))


def test_it_shows_both_exports_to_their_end_and_exits_0(told: Ran) -> None:
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""
    assert "All checks passed" in told.stdout
    assert "✗" not in told.stdout
    for image in ("golden-ol9", "golden-ubuntu"):
        assert f"“Image export accepted: {image}”" in told.stdout
        assert f"“Image export succeeded: {image}”" in told.stdout
    assert told.stdout.count("100 %  SUCCEEDED") == 2


def test_the_exported_objects_are_files_in_the_folder_it_names(told: Ran, folder: Path) -> None:
    assert f"The exported objects are files in\n  {folder}\n" in told.stdout
    objects = sorted(str(file.relative_to(folder)) for file in folder.glob("axexampleexam/**/golden-*"))
    assert len(objects) == 2
    assert re.fullmatch(r"axexampleexam/images/golden-ol9-\d{8}T\d{6}Z-\w{8}\.oci", objects[0])
    assert objects[1] == "axexampleexam/shared-images/on-demand/golden-ubuntu.qcow2"


def test_one_message_is_shown_whole(told: Ran) -> None:
    assert told.stdout.count('"specversion"') == 1
    assert told.stdout.count('"type": "imageexport.accepted"') == 1


def test_the_record_and_the_stored_object_are_shown(told: Ran, folder: Path) -> None:
    assert re.search(r"“Image export succeeded: golden-ol9”, \d+ bytes, MD5 \S+", told.stdout)
    assert re.search(
        rf"has the record: {re.escape(str(folder))}/axexampleexam/images/records/\S+\.json", told.stdout
    )
    assert '"status": "SUCCEEDED"' in told.stdout


def test_the_functions_log_is_a_file(told: Ran, folder: Path) -> None:
    lines = (folder / "function.log").read_text(encoding="utf-8").splitlines()
    assert "export accepted" in {json.loads(line)["message"] for line in lines}
    assert '"callId"' not in told.stdout


def test_piped_it_writes_no_control_characters(told: Ran) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", told.stdout)


def test_the_second_entry_point_does_the_same_also_without_records(tmp_path: Path) -> None:
    ran = run("--entry-point", "standby", "--config", "EXPORT_RECORDS=", "--folder", str(tmp_path))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "record" not in ran.stdout


def test_with_a_function_that_cannot_work_it_says_what_failed_and_exits_1(tmp_path: Path) -> None:
    ran = run("--config", "TOPIC_ID=", "--folder", str(tmp_path))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for check in ("the event made the function export the image", "the gateway's client got 200"):
        assert f"✗ {check}" in ran.stdout
    assert re.search(r"\d+ checks failed", ran.stdout)
    assert "TOPIC_ID" in ran.stdout.partition("The end of the function's log")[2]
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("--port", str(port))
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1].startswith(f"python -m tests.local: error: port {port} ")


class Serving:
    """The program with --serve: the lines to paste by what they are for, and its growing output."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output: list[str] = []
        self._ended = False
        self._grown = threading.Condition()
        self._process = subprocess.Popen(
            [*PROGRAM, "--folder", str(folder), "--serve"],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def lines(self) -> dict[str, str]:
        """The lines to paste, in their order."""
        return {
            what.strip().removeprefix("# "): line.strip()
            for what, line in pairwise(self.output)
            if line.strip().startswith("curl ")
        }

    def wait_for(self, shown: Callable[[str], bool]) -> str:
        """The first line that is so."""
        with self._grown:
            self._grown.wait_for(lambda: self._ended or any(map(shown, self.output)), LIMIT_S)
            found = next(filter(shown, self.output), None)
        assert found is not None, "\n".join(self.output)
        return found

    def stop(self) -> int:
        self._process.send_signal(SIGINT)
        self._process.wait(timeout=LIMIT_S)
        self._reader.join(LIMIT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.returncode

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._grown:
                self.output.append(line.rstrip())
                self._grown.notify_all()
        with self._grown:
            self._ended = True
            self._grown.notify_all()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    program = Serving(tmp_path_factory.mktemp("served"))
    try:
        program.wait_for(lambda line: "What happens from here on" in line)
        yield program
    finally:
        exit_code = program.stop()
    assert exit_code == 0, "\n".join(program.output)
    assert program.output[-1] == "Stopped"


def curl(line: str) -> tuple[int, str]:
    """Runs a pasted line. Returns the status and the body."""
    ran = subprocess.run(
        ["bash", "-c", f"{line} -s --max-time 60"], capture_output=True, text=True, check=True
    )
    head, _, body = ran.stdout.partition("\n\n")
    return int(head.split()[1]), body


def test_serving_each_line_that_it_prints_works_in_their_order(serving: Serving) -> None:
    answers = [curl(line) for line in serving.lines.values()]
    assert [status for status, _ in answers] == [200] * 7 + [404, 202, 201]
    bodies = dict(zip(serving.lines, (json.loads(body) for _, body in answers), strict=True))
    dry_run, export, image, work_request, *_, description, elsewhere, event, new_image = bodies.values()
    assert dry_run["lifecycleState"] == "AVAILABLE"
    assert export["id"] == image["id"] == dry_run["id"]
    assert work_request["status"] == "SUCCEEDED"
    assert description["openapi"].startswith("3.0")
    assert elsewhere["code"] == "NotFound"
    # The image that was created last is exported by its event; the event that came again exports nothing.
    serving.wait_for(lambda line: "Image export succeeded: my-image" in line)
    assert list(serving.folder.glob("axexampleexam/images/my-image-*.oci"))
    assert len(list(serving.folder.glob("axexampleexam/images/golden-ol9-*"))) == 1
    assert event["eventID"]
    assert new_image["displayName"] == "my-image"


def test_serving_the_functions_log_follows_the_story_without_its_polls(serving: Serving) -> None:
    curl(serving.lines["the description of the API"])
    line = serving.wait_for(lambda line: line.strip().startswith('{"time"'))
    assert json.loads(line)["callId"]
    began = next(at for at, shown in enumerate(serving.output) if "What happens from here on" in shown)
    assert not any('"callId"' in shown for shown in serving.output[:began])


def test_serving_the_acceptance_run_that_it_prints_works(serving: Serving) -> None:
    line = next(line for line in serving.output if " -m tests.live " in line)
    command = f"{line} --yes --skip event --skip compute"
    ran = subprocess.run(["bash", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_serving_bad_input_is_refused(serving: Serving) -> None:
    for path in ("/events", "/images"):
        (url,) = [word for line in serving.lines.values() for word in line.split() if word.endswith(path)]
        assert httpx.post(url, content=b"{").status_code == 400
        assert httpx.post(url, json=[]).status_code == 400
