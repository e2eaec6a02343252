"""Puts `oci` command lines through the real command line, up to the moment when it would call a service.

Run by the Python that the `oci` command is installed for. Reads a JSON list of argument lists on stdin, and
writes a JSON list: for each, the `error` that a user would read, or the `operation` and its `arguments` as
the SDK would get them. Bodies are held against the SDK's models, so that a misspelt key is an error, too.
"""

import contextlib
import io
import json
import sys
from importlib import import_module
from typing import Any

import click
from oci_cli import cli_util, dynamic_loader
from oci_cli.cli import cli


class WouldCall(BaseException):
    """Thrown past all of the command line's own handlers."""

    def __init__(self, service: str, operation: str, arguments: dict[str, Any]) -> None:
        super().__init__(operation)
        self.service, self.operation, self.arguments = service, operation, arguments


class NoClient:
    """Stands in for a service's client: the first call of an operation ends the command."""

    def __init__(self, service: str, *_: Any) -> None:
        self._service = service

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(*values: Any, **arguments: Any) -> None:
            raise WouldCall(self._service, operation, {**dict(enumerate(values)), **arguments})

        return call


def main() -> None:
    cli_util.build_client = lambda spec_name, service_name, ctx: NoClient(spec_name)
    # Lists go through another function, which would ask for page after page.
    cli_util.list_call_get_all_results = lambda call, *args, **kwargs: call(*args, **kwargs)
    json.dump([outcome(arguments) for arguments in json.load(sys.stdin)], sys.stdout)


def outcome(arguments: list[str]) -> dict[str, Any]:
    """What comes of one command line."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    sys.argv = ["oci", *arguments]
    dynamic_loader.load_service_from_command(sys.argv)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            cli.main(arguments, prog_name="oci", standalone_mode=False)
    except WouldCall as call:
        try:
            for name, value in call.arguments.items():
                check(value, f"{call.operation}: {name}", model_of(call.service, name))
        except ValueError as problem:
            return {"error": str(problem)}
        return {"operation": call.operation, "arguments": call.arguments}
    except click.ClickException as refused:
        return {"error": refused.format_message()}
    # Whatever a command ends with, its user reads it as an error.
    except (SystemExit, Exception) as ended:  # noqa: BLE001 - see above
        return {"error": f"{type(ended).__name__}: {ended}\n{ending_of(printed)}"}
    return {"error": "it called nothing"}


def ending_of(printed: io.TextIOWrapper) -> str:
    """The end of what a command printed."""
    printed.seek(0)
    return printed.read()[-500:]


def model_of(service: str, argument: str) -> Any:
    """The SDK's model for an operation's body: `create_topic_details` is a CreateTopicDetails."""
    name = "".join(map(str.capitalize, str(argument).split("_")))
    return getattr(import_module(f"oci.{service}.models"), name, None)


def check(value: Any, where: str, model: Any) -> None:
    """Raises ValueError for a key that the model doesn't have, and for an enumeration's unknown value."""
    if model is None or not isinstance(value, dict):
        return
    models = import_module(model.__module__.rpartition(".")[0])
    if hasattr(model, "get_subtype"):
        with contextlib.suppress(KeyError):
            model = getattr(models, model.get_subtype(value))
    empty = model()
    fields = {wire: field for field, wire in empty.attribute_map.items()}
    for key, inner in value.items():
        if key not in fields:
            raise ValueError(f"{where}: {model.__name__} has no {key}")
        kind = empty.swagger_types[fields[key]]
        of_list = kind.startswith("list[")
        if of_list != isinstance(inner, list):
            raise ValueError(f"{where}.{key}: a {type(inner).__name__} where there should be a {kind}")
        allowed = [getattr(model, name) for name in dir(model) if name.startswith(f"{fields[key]}_".upper())]
        for item in inner if of_list else [inner]:
            if allowed and isinstance(item, str) and item not in allowed:
                raise ValueError(f"{where}.{key}: {item} is none of {allowed}")
            inner_kind = kind.removeprefix("list[").removesuffix("]")
            check(item, f"{where}.{key}", getattr(models, inner_kind, None))


if __name__ == "__main__":
    main()
