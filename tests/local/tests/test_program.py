"""`python -m tests.local`, run as a user runs it: a process of its own."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from signal import SIGINT

import httpx
import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "tests.local", "--seconds", "0.5"]
# Far more than it takes: it only ends a program that hangs.
LIMIT_S = 240


def run(*options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, "--folder", str(folder), *options]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_it_shows_both_exports_to_their_end_and_exits_0(tmp_path: Path) -> None:
    ran = run(folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert "All of it came true" in ran.stdout
    assert "✗" not in ran.stdout
    for image in ("golden-ol9", "golden-ubuntu"):
        assert f"Image export accepted: {image}" in ran.stdout
        assert f"Image export succeeded: {image}" in ran.stdout
    assert ran.stdout.count("100 %  SUCCEEDED") == 2
    assert str(tmp_path) in ran.stdout


def test_the_exported_objects_are_files_in_the_folder_it_names(tmp_path: Path) -> None:
    run(folder=tmp_path)
    objects = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert len(objects) == 2
    assert re.fullmatch(r"axexampleexam/images/golden-ol9-\d{8}T\d{6}Z\.oci", objects[0])
    assert objects[1] == "axexampleexam/shared-images/on-demand/golden-ubuntu.qcow2"


def test_piped_it_writes_no_control_characters(tmp_path: Path) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", run(folder=tmp_path).stdout)


def test_the_second_entry_point_does_the_same(tmp_path: Path) -> None:
    ran = run("--entry-point", "standby", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("TOPIC_ID=", "✗ the event made the function export the image"),
        ("ALLOWED_DESTINATIONS=", "✗ the gateway's client got 200 and a work request"),
    ],
)
def test_with_a_function_that_cannot_work_it_says_which_part_failed_and_exits_1(
    setting: str, said: str, tmp_path: Path
) -> None:
    ran = run("--config", setting, folder=tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert said in ran.stdout
    assert "did not come true" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


@contextmanager
def serving(folder: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The program with --serve: the lines to paste by what they are for, and its growing output."""
    command = [*PROGRAM, "--folder", str(folder), "--serve"]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output: list[str] = []
    up = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line.rstrip())
            if "What happens from here on" in line:
                up.set()
        up.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert up.wait(LIMIT_S), "\n".join(output)
        lines = {
            what.strip().removeprefix("# "): line.strip()
            for what, line in pairwise(output)
            if line.strip().startswith("curl ")
        }
        yield lines, output
    finally:
        process.send_signal(SIGINT)
        process.wait(timeout=LIMIT_S)
        reader.join(LIMIT_S)
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 0, "\n".join(output)


def curl(line: str) -> tuple[int, str]:
    """Runs a pasted line. Returns the status and the body."""
    ran = subprocess.run(
        ["bash", "-c", f"{line} -s --max-time 60"], capture_output=True, text=True, check=True
    )
    head, _, body = ran.stdout.partition("\n\n")
    return int(head.split()[1]), body


def test_serving_each_line_that_it_prints_works(tmp_path: Path) -> None:
    with serving(tmp_path) as (lines, _):
        answers = {what: curl(line) for what, line in lines.items()}
    assert {what: status for what, (status, _) in answers.items()} == {
        "export an image": 200,
        "try without exporting": 409,  # the line before it began an export of the same image
        "follow an export": 200,
        "its errors": 200,
        "its log": 200,
        "the API's description": 200,
        "send an event": 202,
        "create an image, which sends one": 201,
    }
    assert '"openapi"' in answers["the API's description"][1]


def test_serving_a_new_image_is_exported_by_its_event_and_the_functions_log_is_shown(tmp_path: Path) -> None:
    with serving(tmp_path) as (lines, output):
        curl(lines["create an image, which sends one"])
        seen = threading.Event()
        for _ in range(LIMIT_S * 10):
            if any("Image export succeeded: my-image" in line for line in output):
                break
            seen.wait(0.1)
    shown = "\n".join(output)
    assert "Image export succeeded: my-image" in shown
    assert "function's log" in shown
    assert list(tmp_path.glob("axexampleexam/images/my-image-*.oci"))


def test_serving_bad_input_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as (lines, _):
        url = lines["send an event"].split()[4]
        assert httpx.post(url, content=b"{").status_code == 400
        assert httpx.post(url, json=[]).status_code == 400
