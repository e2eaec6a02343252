"""Puts `oci` command lines through the real command line, up to the moment when it would call a service.

Run by the Python that the `oci` command is installed for. Reads a JSON list of argument lists on stdin, and
writes a JSON list: for each null, or the error that a user would read.
"""

import contextlib
import io
import json
import sys
from typing import NoReturn

import click
from oci_cli import cli_util, dynamic_loader
from oci_cli.cli import cli


class WouldCall(BaseException):
    """Thrown past all of the command line's own handlers."""


def would_call(*_: object) -> NoReturn:
    raise WouldCall


def main() -> None:
    cli_util.build_client = would_call
    json.dump([problem_of(arguments) for arguments in json.load(sys.stdin)], sys.stdout)


def problem_of(arguments: list[str]) -> str | None:
    """What a user reads of one command line that is wrong."""
    written = io.BytesIO()
    printed = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    sys.argv = ["oci", *arguments]
    dynamic_loader.load_service_from_command(sys.argv)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            cli.main(arguments, prog_name="oci", standalone_mode=False)
    except WouldCall:
        return None
    except click.ClickException as refused:
        return refused.format_message()
    # Whatever a command ends with, its user reads it as an error.
    except (SystemExit, Exception) as ended:  # noqa: BLE001 - see above
        return f"{type(ended).__name__}: {ended}\n{written.getvalue().decode()[-500:]}"
    return "it called nothing"


if __name__ == "__main__":
    main()
