"""`python -m tests.local`: the function on a local cloud, one export by an event and one through the gateway.

Ends with 0 if all checks passed, else with 1. With `--serve` it stays up until Ctrl-C.
"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from .background_server import BackgroundServer
from .oci import Cloud
from .platform import LocalPlatform
from .screen import Screen
from .serving import acceptance_run, control_app, curl_lines, write_event
from .story import POLL_ID, Story

LOG_FILE = "function.log"
SERVICES = "Compute, Work Requests, Notifications, Object Storage"
ENTRY_POINTS = {"fdk": "fdk func.py handler (the FDK's entry point)", "standby": "python3 func.py"}
LOG_LINES_OF_A_FAILURE, LONGEST_LOG_LINE = 12, 1000


def main(arguments: list[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    # However it is ended, the containers end with it; a shell starts background jobs with SIGINT ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    screen = Screen()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="exported-images-"))
    folder.mkdir(parents=True, exist_ok=True)
    platform = LocalPlatform(
        folder,
        config={"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records", **dict(options.config)},
        entry_point=options.entry_point,
        gateway_port=options.port,
        seconds_per_export=options.seconds,
        log=folder / LOG_FILE,
    )
    # A failed delivery comes again soon enough to watch, and not for ever.
    platform.cloud.events.retry_delay, platform.cloud.events.max_tries = 0.5, 3
    try:
        with ExitStack() as opened:
            try:
                opened.enter_context(platform)
            except OSError as problem:
                parser.error(f"port {options.port} can't be used: {problem.strerror}")
            _introduce(platform, screen, options.entry_point)
            story = Story(platform, screen)
            story.export_by_event()
            story.export_by_gateway()
            _conclude(platform, screen)
            if options.serve:
                _serve(platform, screen, story)
    except KeyboardInterrupt:
        screen.title("Stopped")
    return 1 if screen.failed or not screen.checks else 0


def _introduce(platform: LocalPlatform, screen: Screen, entry_point: str) -> None:
    screen.title("image-export on a local cloud")
    screen.facts(
        [
            ("gateway", platform.gateway.url),
            ("services", f"{platform.cloud.endpoint} ({SERVICES})"),
            ("function", ENTRY_POINTS[entry_point]),
            ("objects", str(platform.folder)),
            ("log", f"{platform.folder / LOG_FILE} (one line of JSON for each call)"),
        ]
    )


def _conclude(platform: LocalPlatform, screen: Screen) -> None:
    screen.verdict()
    if screen.failed:
        screen.title("The end of the function's log, without the polls of this program")
        lines = [line for line in platform.host.logs if POLL_ID not in line]
        for line in lines[-LOG_LINES_OF_A_FAILURE:]:
            screen.log(line[:LONGEST_LOG_LINE])
    screen.title("The exported objects are files in")
    screen.line(f"  {platform.folder}")


def _serve(platform: LocalPlatform, screen: Screen, story: Story) -> None:
    exports = platform.cloud.exports
    work_request_id = exports[-1].work_request_id if exports else "ocid1.coreservicesworkrequest"
    with BackgroundServer(control_app(platform)) as control:
        event_file = write_event(platform, platform.folder)
        screen.title("It stays up until Ctrl-C. Paste these, in this order or another")
        for what, line in curl_lines(platform, control.url, story.images[-1], work_request_id, event_file):
            screen.line(f"\n  # {what}\n  {line}")
        run = acceptance_run(platform, platform.folder, story.images[-1])
        screen.line(f"\n  # the acceptance run that is made for a real tenancy, against this cloud\n  {run}")
        screen.title("What happens from here on, with the function's log")
        story.onlooker.tell_log()
        story.onlooker.look_until(lambda: False, float("inf"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.local", description=__doc__)
    add = parser.add_argument
    add("--serve", action="store_true", help="stay up, and print how to call it")
    add("--port", type=int, default=0, help="of the gateway; default a free one")
    add("--entry-point", choices=["fdk", "standby"], default="fdk", help="standby: python3 func.py")
    add("--folder", type=Path, help="where exported objects land; default a fresh one")
    add("--seconds", type=float, default=4.0, help="how long an export takes")
    add(
        "--config",
        type=_setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="sets a key of the function's configuration; KEY= takes it out",
    )
    return parser


def _setting(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("is not KEY=VALUE")
    return key, value or None


if __name__ == "__main__":
    sys.exit(main())
