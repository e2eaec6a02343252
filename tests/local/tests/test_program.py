"""`python -m tests.local`, run as a user runs it: a process of its own."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from signal import SIG_DFL, SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals, signal

import httpx
import psutil
import pytest

from .. import program
from .browser import CHROMIUM, Browser

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "tests.local", "--seconds", "0.5"]
# Far more than it takes: it only ends a program that hangs.
LIMIT_S = 240

Ran = subprocess.CompletedProcess[str]


def run(*options: str, encoding: str = "utf-8", command: list[str] = PROGRAM, cwd: Path = CHECKOUT) -> Ran:
    return subprocess.run(
        [*command, *options],
        cwd=cwd,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        timeout=LIMIT_S,
        check=False,
    )


def test_it_shows_each_export_to_its_end_and_where_its_files_are(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    told = run("--folder", str(folder))
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""
    for image in ("golden-ol9", "golden-ubuntu", "golden-before", "golden-lost"):
        assert f"“Image export accepted: {image}”" in told.stdout
        assert f"“Image export succeeded: {image}”" in told.stdout
    assert told.stdout.count("100 %  SUCCEEDED") == 2
    # One message is shown whole, and the record.
    assert told.stdout.count('"type": "imageexport.accepted"') == told.stdout.count('"specversion"') == 1
    assert '"status": "SUCCEEDED"' in told.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", told.stdout)
    assert f"The exported objects are files in\n  {folder}\n" in told.stdout
    objects = sorted(str(file.relative_to(folder)) for file in folder.glob("axexampleexam/**/golden-*"))
    *by_template, asked_for = objects
    names = [re.fullmatch(r"axexampleexam/images/(.*)-\d{8}T\d{6}Z-\w{8}\.oci", name) for name in by_template]
    assert [name and name[1] for name in names] == ["golden-before", "golden-lost", "golden-ol9"]
    assert asked_for == "axexampleexam/shared-images/on-demand/golden-ubuntu.qcow2"
    lines = (folder / "function.log").read_text(encoding="utf-8").splitlines()
    assert "export accepted" in {json.loads(line)["message"] for line in lines}
    assert '"callId"' not in told.stdout
    # The summary fits on one screen.
    summary = told.stdout[told.stdout.index("\nAll checks passed") :].splitlines()
    assert len(summary) <= 23  # and the prompt
    own = (str(folder), sys.executable)  # however long their names are here
    assert not [line for line in summary if len(line) > 80 and not any(name in line for name in own)]
    assert {"--serve", "tests.soak", "“Catch"} <= set(" ".join(summary).split())


def test_the_second_entry_point_does_the_same_without_records_and_in_ascii(tmp_path: Path) -> None:
    options = ("--entry-point", "standby", "--config", "EXPORT_RECORDS=", "--folder", str(tmp_path))
    ran = run(*options, encoding="ascii")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "record" not in ran.stdout
    assert "  ok the event made the function export the image" in ran.stdout
    assert '"Image export succeeded: golden-ol9"' in ran.stdout


def test_with_a_function_that_cannot_work_it_says_what_failed_and_exits_1(tmp_path: Path) -> None:
    ran = run("--config", "TOPIC_ID=", "--folder", str(tmp_path), encoding="latin-1")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for check in ("the event made the function export the image", "the gateway's client got 200"):
        assert f"FAILED {check}" in ran.stdout
    assert re.search(r"\d+ checks failed", ran.stdout)
    assert "TOPIC_ID" in ran.stdout.partition("The end of the function's log")[2]
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seconds", "nan"), "argument --seconds: nan is no time"),
        (("--seconds", "soon"), "argument --seconds: invalid time value: 'soon'"),
        (("--port", "70000"), "argument --port: 70000 is no port"),
        (("--folder", __file__), "is no folder to write to"),
        (("--config", "TOPIC=x"), "TOPIC is none of ALLOWED_DESTINATIONS, "),
        (("--config", "TOPIC_ID"), "TOPIC_ID is not KEY=VALUE"),
        (("--config", "PAR_HOURS=1", "--config", "PAR_HOURS=2"), "a key is there twice"),
    ],
)
def test_a_wrong_option_is_named_in_one_line(
    options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([*options])
    written = capsys.readouterr()
    (line,) = written.err.splitlines()
    assert (ended.value.code, written.out) == (2, "")
    assert line.startswith("python -m tests.local: error: ")
    assert told in line


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("--port", str(port))
    told = f"the local cloud can't start with --port {port}: Address already in use"
    assert (ran.returncode, ran.stderr) == (2, f"python -m tests.local: error: {told}\n")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ([sys.executable, str(CHECKOUT / "tests" / "local")], "This is a module of the project"),
        ([sys.executable, "-S", "-m", "tests.local"], "is not installed for this Python"),
    ],
    ids=["from another folder", "without the packages"],
)
def test_it_says_where_to_go(command: list[str], told: str, tmp_path: Path) -> None:
    ran = run(command=command, cwd=CHECKOUT if "-m" in command else tmp_path)
    (line,) = ran.stderr.splitlines()
    assert ran.returncode == 2
    assert told in line
    assert f"cd {CHECKOUT} && " in line


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files; a container's socket can't have a path as long as that of `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def stopped(number: Signals, when: Callable[[str], bool], folder: Path, *python: str) -> tuple[int, str]:
    """How it ends when it is stopped once it writes such a line, and what it and its processes wrote."""
    with subprocess.Popen(
        [sys.executable, *python, *PROGRAM[1:], "--folder", str(folder / "objects")],
        cwd=CHECKOUT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Under nohup, say, it would go on.
        preexec_fn=lambda: signal(SIGHUP, SIG_DFL),  # noqa: PLW1509  # one system call
    ) as started:
        assert started.stdout is not None
        written = []
        for line in started.stdout:
            written.append(line)
            if when(line):
                started.send_signal(number)
        return started.wait(), "".join(written)


def test_stopped_while_it_imports_it_ends_without_a_traceback(temporary: Path) -> None:
    ended, written = stopped(SIGINT, lambda line: line.endswith(" argparse\n"), temporary, "-X", "importtime")
    assert ended == 128 + SIGINT
    assert "Traceback" not in written
    assert "uvicorn.main" not in written


# SIGTERM ends the program that serves, below.
@pytest.mark.parametrize("number", [SIGINT, SIGHUP, SIGKILL])
def test_stopped_it_leaves_no_container_and_no_credentials(number: Signals, temporary: Path) -> None:
    ended, written = stopped(number, lambda line: "called ExportImage" in line, temporary)
    assert ended == (128 + number if number != SIGKILL else -SIGKILL)
    assert "Traceback" not in written
    assert written.endswith("\nStopped\n") == (number != SIGKILL)
    assert [path.name for path in temporary.iterdir()] == ["objects"]
    assert not [each for each in psutil.process_iter(["environ"]) if str(temporary) in str(each.info)]


class Serving:
    """The program with --serve, and its growing output."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written = folder / "written.txt"
        with self._written.open("wb") as out:
            self.process = subprocess.Popen(
                [*PROGRAM, "--folder", str(folder), "--serve"], cwd=CHECKOUT, stdout=out, stderr=out
            )

    @property
    def output(self) -> list[str]:
        return [line.strip() for line in self._written.read_text(encoding="utf-8").splitlines()]

    @property
    def page(self) -> str:
        """Its URL."""
        return next(line for what, line in pairwise(self.output) if "on this page" in what)

    def wait_for(self, shown: Callable[[str], bool]) -> str:
        """The first line that is so."""
        while (found := next(filter(shown, self.output), None)) is None:
            assert self.process.poll() is None, "\n".join(self.output)
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    served = Serving(tmp_path_factory.mktemp("served"))
    try:
        served.wait_for(lambda line: "What happens from here on" in line)
        yield served
    finally:
        served.process.send_signal(SIGTERM)
        exit_code = served.process.wait(LIMIT_S)
    assert (exit_code, served.output[-1]) == (128 + SIGTERM, "Stopped"), "\n".join(served.output)


def curl(line: str) -> tuple[int, str]:
    """Runs a pasted line. Returns the status and the body."""
    head, _, body = run(command=["bash", "-c", f"{line} -s --max-time 60"]).stdout.partition("\n\n")
    assert body.endswith("\n")
    return int(head.split()[1]), body


def test_serving_each_line_that_it_prints_works_in_their_order(serving: Serving) -> None:
    began = next(at for at, shown in enumerate(serving.output) if "What happens from here on" in shown)
    assert not any('"callId"' in shown for shown in serving.output[:began])
    answers = [curl(line) for line in serving.output if line.startswith("curl ")]
    assert [status for status, _ in answers] == [200] * 7 + [404, 202, 200, 201]
    dry_run, export, image, work_request, *_, caught_up, _ = (json.loads(body) for _, body in answers)
    assert dry_run["lifecycleState"] == "AVAILABLE"
    assert export["id"] == image["id"] == dry_run["id"]
    assert work_request["status"] == "SUCCEEDED"
    # The image that was created last is exported by its event; the event that came again exports nothing.
    serving.wait_for(lambda line: "Image export succeeded: my-image" in line)
    assert list(serving.folder.glob("axexampleexam/images/my-image-*.oci"))
    assert len(list(serving.folder.glob("axexampleexam/images/golden-ol9-*"))) == 1
    assert (caught_up["status"], caught_up["done"]) == ("caughtUp", 2)
    assert json.loads(serving.wait_for(lambda line: line.startswith('{"time"')))["callId"]


def test_serving_the_acceptance_run_that_it_prints_works_from_any_folder(serving: Serving) -> None:
    line = next(line for line in serving.output if " -m tests.live " in line)
    ran = run(command=["bash", "-c", f"{line} --yes --skip event --skip compute"], cwd=Path("/"))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("images", '{"displayName": "\\ud800"}'),
        ("images", '{"displayName": 5}'),
        ("events", "[" * 100_000),
        ("events", '{"eventType": "x", "eventTime": "now", "data": {}}'),
        ("events", '{"eventType": "x", "eventTime": "2026-01-31T12:00:00Z", "data": []}'),
        ("calls", "null"),
        ("faults", '{"fault": "known issue", "on": 1}'),
    ],
)
def test_serving_wrong_input_is_refused_in_a_sentence(serving: Serving, path: str, body: str) -> None:
    answer = httpx.post(f"{serving.page}/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")


def test_serving_another_website_can_press_no_button(serving: Serving) -> None:
    image = {"displayName": "not mine"}
    for headers in ({"origin": "https://example.com"}, {"origin": "null"}):
        assert httpx.post(f"{serving.page}/images", json=image, headers=headers).status_code == 403
    # Its name may lead here.
    elsewhere = {"host": serving.page.replace("http://127.0.0.1", "example.com")}
    assert httpx.post(f"{serving.page}/images", json=image, headers=elsewhere).status_code == 400
    page = httpx.get(serving.page)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "not mine" not in httpx.get(f"{serving.page}/state").text


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="the page is tried in Chromium, which is not installed here")
def test_serving_the_page_shows_each_fault_and_what_came_of_it(serving: Serving, tmp_path: Path) -> None:
    def row(text: str, cell: int = 3) -> str:
        """In the newest image's row, as what was announced, where no other cell is asked for."""
        return f"document.querySelector('#images tr').cells[{cell}].innerText.includes('{text}')"

    def happened(text: str) -> str:
        return f"document.querySelector('#steps').innerText.includes('{text}')"

    with closing(Browser(serving.page, tmp_path)) as browser:
        browser.wait_for(happened("golden-ol9"))

        def create(fault: str, armed: str) -> None:
            """Presses a fault's button, and creates an image once it is armed."""
            browser.press(fault)
            browser.wait_for(f"document.querySelector('[data-fault=\"{armed}\"]').ariaPressed === 'true'")
            browser.press("Create an image")

        create("The known issue", "known issue")
        browser.wait_for(row("through a pre-authenticated request", 2))
        browser.wait_for(row("succeeded"))
        browser.press("The known issue")
        create("Fail the next export", "failed export")
        browser.wait_for(row("The disk could not be read", 1))
        browser.wait_for(row("failed"))
        create("Kill the container", "killed container")
        browser.wait_for(happened("failed: FunctionInvokeExecutionFailed"))
        browser.wait_for(row("succeeded"))
        create("Throttle the topic", "throttled topic")
        browser.wait_for(happened("called PublishMessage: 429"))
        assert not browser.run(row("accepted"))
        browser.press("Throttle the topic")
        browser.wait_for(row("succeeded"))
        create("Lose the next event", "lost event")
        browser.wait_for(happened("createimage.end gets lost"))
        assert browser.run(row("none yet", 1))
        browser.press("Catch up")
        browser.wait_for(row("succeeded"))
        # What comes from outside is shown as text.
        httpx.post(f"{serving.page}/images", json={"displayName": "<img src=x onerror=document.title='run'>"})
        browser.wait_for(row("<img src=x", 0))
        browser.wait_for(row("succeeded"))
        assert browser.run("document.title") == "image-export on a local cloud"
