"""`python -m tests.live`: tries the deployed function in a real tenancy, and tells what was seen there.

Ends with a table in Markdown, to be pasted into an issue, and with 0 if all checks passed, else with 1.
`--points` shows what is open, and runs nothing.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import oci

from tests.local.screen import Screen

from .clients import DEFAULT, SERVICES, Clients
from .report import open_points, shortened, table
from .run import Options, Run, RunEnds, StepFailed, told
from .steps import STEPS, Step

CONFIG_ERRORS = (
    oci.exceptions.ConfigFileNotFound,
    oci.exceptions.ProfileNotFound,
    oci.exceptions.InvalidConfig,
    oci.exceptions.InvalidKeyFilePath,
    oci.exceptions.InvalidPrivateKey,
    OSError,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        clients = Clients.of(options.config_file.expanduser(), options.profile, dict(options.endpoint))
    except CONFIG_ERRORS as problem:
        parser.error(f"the profile can't be used: {problem}")
    run = Run(_options(options), clients, Screen())
    steps = [step for step in STEPS if step.name not in options.skip]
    _show_plan(run, steps)
    if not options.yes and not _agreed(parser):
        return 1
    _carry_out(run, steps)
    run.screen.verdict()
    report = table(run.findings)
    run.screen.title("What was seen, to paste into an issue")
    run.screen.line(f"\n{report}\n")
    run.screen.line(
        "“different” is no fault: the function is made to be right either way. It tells what to expect."
    )
    if options.report:
        options.report.write_text(report + "\n", encoding="utf-8")
    return 1 if run.screen.failed else 0


def _show_plan(run: Run, steps: Sequence[Step]) -> None:
    options, screen = run.options, run.screen
    screen.title("An acceptance run of image-export in your tenancy")
    screen.facts(
        {
            "function": options.function_id,
            "image": options.image_id,
            "bucket": options.bucket,
            "topic": "its subscribers get the messages of these exports",
        }
    )
    screen.title("What it does, what that takes, and how to undo it")
    for number, step in enumerate(steps, 1):
        screen.line(f"  {number}. {step.name}: {step.does}\n     takes {step.takes}; {step.undo}")
    exports, minutes = sum("export" in step.takes for step in steps), options.export_limit_s / 60
    screen.line(f"""
  In all {exports} exports of the image, one after the other. Each takes minutes to hours, as the image
  is large; none is waited for longer than {minutes:.0f} minutes. An export can't be cancelled, and the
  image can't be deleted meanwhile. Ctrl-C ends the waiting, cleans up, and shows what was seen.""")


def _agreed(parser: argparse.ArgumentParser) -> bool:
    if not sys.stdin.isatty():
        parser.error("there is nobody to ask: agree with --yes")
    return input("\n  Go on? [y/N] ").strip().lower() in ("y", "yes")


def _carry_out(run: Run, steps: Sequence[Step]) -> None:
    """Each step, whatever the one before came to; the last one cleans up in any case."""
    *works, clean_up = enumerate(steps, 1)
    try:
        for number, step in works:
            _do(run, number, step)
    except RunEnds:
        pass
    except KeyboardInterrupt:
        run.check("the run was not interrupted", False)
    finally:
        _do(run, *clean_up)


def _do(run: Run, number: int, step: Step) -> None:
    run.screen.title(f"{number}. {step.name}")
    try:
        step.work(run)
    except RunEnds as problem:
        run.check(f"{step.name}: {shortened(str(problem))}", False)
        raise
    except StepFailed as problem:
        run.check(f"{step.name}: {shortened(str(problem))}", False)
    # Whatever else it is: what was made is deleted, and what was seen is shown.
    except Exception as problem:  # noqa: BLE001 - see above
        run.check(f"{step.name}: {told(problem)}", False)


def _options(options: argparse.Namespace) -> Options:
    return Options(
        function_id=options.function_id,
        image_id=options.image_id,
        bucket=options.bucket,
        records=options.records,
        object_prefix=options.object_prefix,
        log_group_id=options.log_group_id,
        log_id=options.log_id if options.log_group_id else None,
        keep=options.keep,
        export_limit_s=options.limit * 60,
        notice_limit_s=options.notice * 60,
        poll_s=options.poll,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    add = parser.add_argument
    add("--profile", default="DEFAULT", help="of the configuration file; default DEFAULT")
    add("--config-file", type=Path, default=Path("~/.oci/config"), help="default ~/.oci/config")
    add("--function-id", required=True, metavar="OCID", help="the deployed function")
    add("--image-id", required=True, metavar="OCID", help="a custom image; a small one takes less time")
    add("--bucket", required=True, help="one that the function may export to, in the image's region")
    add("--object-prefix", help="in the bucket; default as the function's ALLOWED_DESTINATIONS says")
    add("--records", metavar="NAMESPACE/BUCKET[/PREFIX]", help="default the function's EXPORT_RECORDS")
    add("--log-group-id", metavar="OCID", help="with --log-id: look into the function's log as well")
    add("--log-id", metavar="OCID", help="the log of the function's application")
    skippable = [step.name for step in STEPS if step.may_be_skipped]
    add("--skip", action="append", default=[], choices=skippable, help="leave a step out; may be repeated")
    add("--keep", action="store_true", help="delete nothing at the end")
    add("--limit", type=float, default=240, metavar="MINUTES", help="to wait for each export; default 240")
    add("--notice", type=float, default=10, metavar="MINUTES", help="to wait for events and logs; default 10")
    add("--poll", type=float, default=10, metavar="SECONDS", help="between two looks; default 10")
    add("--report", type=Path, metavar="FILE", help="write the table there, too")
    add(
        "--endpoint",
        type=_endpoint,
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help=f"where a service is not the region's: {', '.join(SERVICES)}, or {DEFAULT} for all others",
    )
    add("--yes", action="store_true", help="don't ask")
    add("--points", action=_ShowPoints, nargs=0, help="show what nobody could try yet, and what is assumed")
    return parser


class _ShowPoints(argparse.Action):
    """Needs no other option, as `--help` does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(open_points())
        parser.exit()


def _endpoint(text: str) -> tuple[str, str]:
    service, _, url = text.partition("=")
    if service not in (*SERVICES, DEFAULT) or not url.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError("is not SERVICE=URL")
    return service, url


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
