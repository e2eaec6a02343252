"""`python -m tests.local`: the function on a local cloud, exports by an event, a request and a catch-up.

Ends with 0 if all checks passed, else with 1. With `--serve` it stays up until Ctrl-C, and has a page for the
browser.
"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from handlers.settings import KEYS

from .background_server import BackgroundServer
from .guard import temporary_files_guarded
from .oci import Cloud
from .page import Page, acceptance_run, curl_lines
from .platform import LocalPlatform
from .screen import Screen
from .story import POLL_ID, Story

LOG_FILE = "function.log"
SERVICES = "Compute, Work Requests, Notifications, Object Storage"
ENTRY_POINTS = {"fdk": "fdk func.py handler (the FDK's entry point)", "standby": "python3 func.py"}
LOG_LINES_OF_A_FAILURE, LONGEST_LOG_LINE = 12, 1000
KEY_NAMES = sorted(key.name for key in KEYS)
LONGEST_EXPORT_S = 3600
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """By a signal; no `except Exception` on the way takes it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    config = dict(options.config)
    if len(config) < len(options.config):
        parser.error("argument --config: a key is there twice")
    screen = Screen()
    try:
        for number in STOPS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # which nohup sets
                signal.signal(number, _stop)
        folder = options.folder or Path(tempfile.mkdtemp(prefix="exported-images-"))
        platform = LocalPlatform(
            folder,
            config={"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records", **config},
            entry_point=options.entry_point,
            max_containers=4 if options.serve else 1,
            gateway_port=options.port,
            seconds_per_export=options.seconds,
            log=folder / LOG_FILE,
        )
        with temporary_files_guarded(), ExitStack() as opened:
            try:
                opened.enter_context(platform)
            except OSError as problem:
                where = f" with --port {options.port}" if options.port else ""
                parser.error(f"the local cloud can't start{where}: {problem.strerror}")
            _run(platform, screen, options)
        _let_end()
    except Stopped as stopped:
        with suppress(OSError):  # the terminal may be gone
            screen.title("Stopped")
        return stopped.exit_code
    return 1 if screen.failed or not screen.checks else 0


def _stop(number: int, _: object) -> NoReturn:
    _let_end()
    raise Stopped(number)


def _let_end() -> None:
    """From now on no signal interrupts the cleaning up, or the end."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def _run(platform: LocalPlatform, screen: Screen, options: argparse.Namespace) -> None:
    # A failed delivery comes again soon enough to watch, and not for ever.
    platform.cloud.events.retry_delay, platform.cloud.events.max_tries = 0.5, 3
    screen.title("image-export on a local cloud")
    facts = {
        "gateway": platform.gateway.url,
        "services": f"{platform.cloud.endpoint} ({SERVICES})",
        "function": ENTRY_POINTS[options.entry_point],
        "objects": str(platform.folder),
        "log": f"{platform.folder / LOG_FILE} (one line of JSON for each call)",
    }
    screen.facts(facts)
    story = Story(platform, screen)
    story.export_by_event()
    story.export_by_gateway()
    story.catch_up()
    screen.verdict()
    if screen.failed:
        screen.title("The end of the function's log, without the polls of this program")
        lines = [line for line in platform.host.logs if POLL_ID not in line]
        for line in lines[-LOG_LINES_OF_A_FAILURE:]:
            screen.log(line[:LONGEST_LOG_LINE])
    screen.title("The exported objects are files in")
    screen.line(f"  {platform.folder}")
    if options.serve:
        _serve(platform, screen, story)
    else:
        command = f"{sys.executable.removeprefix(f'{Path.cwd()}/')} -m"
        screen.title("What to try next")
        screen.line(f"  {command} tests.local --serve      faults by hand, on a page")
        screen.line(f"  {command} tests.soak --events 40   a faulty day, in half a minute")
        screen.line("  on the page: “Lose the next event”, “Create an image”, and then “Catch up”")


def _serve(platform: LocalPlatform, screen: Screen, story: Story) -> None:
    # As long as somebody tries what it withstands.
    platform.cloud.events.retry_delay, platform.cloud.events.max_tries = 1.0, 10
    exports = platform.cloud.exports
    work_request_id = exports[-1].work_request_id if exports else "ocid1.coreservicesworkrequest"
    with BackgroundServer(Page(platform, screen, story.onlooker).app) as control:
        screen.title("It stays up until Ctrl-C. What can go wrong has buttons on this page")
        screen.line(f"  {control.url}")
        screen.title("Or paste these, in this order or another")
        lines = curl_lines(platform, control.url, story.images[-1], work_request_id)
        for what, line in lines.items():
            screen.line(f"\n  # {what}\n  {line}")
        run = acceptance_run(platform, story.images[-1])
        screen.line(f"\n  # the acceptance run that is made for a real tenancy, against this cloud\n  {run}")
        screen.title("What happens from here on, with the function's log")
        story.onlooker.tell_log()
        story.onlooker.look_until(lambda: False, float("inf"))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m tests.local", description=__doc__)
    add = parser.add_argument
    add("--serve", action="store_true", help="stay up, with a page and lines to paste; default: end")
    add("--port", type=port, default=0, help="of the gateway; default: a free one")
    entry_points = "fdk: the FDK's; standby: python3 func.py; default: fdk"
    add("--entry-point", choices=list(ENTRY_POINTS), default="fdk", help=entry_points)
    add("--folder", type=_folder, help="where exported objects land; default: a new one for temporary files")
    seconds = f"how long an export takes, at most {LONGEST_EXPORT_S}; default: 4"
    add("--seconds", type=time, default=4.0, help=seconds)
    config = "sets a key of the function's configuration, KEY= takes it out; may be repeated; default: this "
    config += f"cloud's resources. Keys: {', '.join(KEY_NAMES)}"
    add("--config", type=_setting, action="append", default=[], metavar="KEY=VALUE", help=config)
    return parser


def port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 (a free one) to 65535")
    return int(text)


def _folder(text: str) -> Path:
    folder = Path(text).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise argparse.ArgumentTypeError(f"{text} is no folder to write to: {problem.strerror}") from None
    return folder


def time(text: str) -> float:
    if not 0 < float(text) <= LONGEST_EXPORT_S:  # nor is nan
        raise argparse.ArgumentTypeError(f"{text} is no time over 0 and up to {LONGEST_EXPORT_S} seconds")
    return float(text)


def _setting(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not KEY=VALUE")
    if key not in KEY_NAMES:
        raise argparse.ArgumentTypeError(f"{key or 'an empty name'} is none of {', '.join(KEY_NAMES)}")
    return key, value or None
