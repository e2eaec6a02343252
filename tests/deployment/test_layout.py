"""The README's Layout names every module, and the files that a call really goes through."""

import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fdk.context import InvokeContext

import handlers
from tests.deployment.document import CHECKOUT, readme
from tests.local.oci import Cloud
from tests.local.platform import LocalPlatform

README = readme()
FOLDER = str(CHECKOUT / "handlers") + "/"
(TREE,) = [b for b in README.blocks if b.language == "text" and "Layout" in b.sections and not b.name]


def in_the_tree() -> Iterator[Path]:
    """The paths that the tree names. A line further in is of the folder above it; a folder's own line may
    name its modules."""
    top = CHECKOUT
    for line in TREE.content.splitlines():
        name, *rest = line.split()
        path = (top if line.startswith(" ") else CHECKOUT) / name
        if not line.startswith(" "):
            top = path
        yield path
        if name.endswith("/"):
            yield from (
                path / word.strip(",;") for word in rest if re.fullmatch(r"\w+\.(py|json)[,;]?", word)
            )


def test_the_tree_names_what_is_there() -> None:
    assert [str(path.relative_to(CHECKOUT)) for path in in_the_tree() if not path.exists()] == []


def test_the_tree_leaves_no_module_of_the_function_and_no_folder_of_the_tests_out() -> None:
    wanted = {path for path in CHECKOUT.iterdir() if not path.name.startswith(".")}
    wanted |= {path for path in (CHECKOUT / "tests").iterdir() if path.is_dir()}
    wanted |= {path for path in (CHECKOUT / "handlers").rglob("*") if path.suffix in (".py", ".json")}
    left_out = {path for path in wanted if path.name not in ("__init__.py", "__pycache__")} - set(
        in_the_tree()
    )
    assert sorted(str(path.relative_to(CHECKOUT)) for path in left_out) == []


class Call(NamedTuple):
    """A call as the FDK hands it on."""

    context: InvokeContext
    body: dict[str, Any]

    def __call__(self, function: Callable[..., Any]) -> None:
        assert function(self.context, BytesIO(json.dumps(self.body).encode())).status_code == 200


class Way(NamedTuple):
    """The files of the function whose code runs for a call, in the order in which they begin: those that call
    others of them, and those that only answer."""

    stations: list[str]
    tools: list[str]


def way_of(call: Call, function: Callable[..., Any]) -> Way:
    seen: dict[str, None] = {"func.py": None}
    callers = {"func.py"}

    def look(frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        is_function = code.co_flags & inspect.CO_NEWLOCALS and code.co_flags & inspect.CO_OPTIMIZED
        if event != "call" or not is_function or not code.co_filename.startswith(FOLDER):
            return
        name = code.co_filename.removeprefix(FOLDER)
        seen[name] = None
        while frame := frame.f_back:
            if (caller := frame.f_code.co_filename).startswith(FOLDER):
                callers.update({caller.removeprefix(FOLDER)} - {name})
                return

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        call(function)
    finally:
        sys.setprofile(before)
    return Way([name for name in seen if name in callers], [name for name in seen if name not in callers])


def listed(name: str) -> Way:
    """A numbered list of the page, and the tools that the line after the last number names."""
    *lines, tools = README.named(name).content.splitlines()
    found = [re.fullmatch(r" *(\d+)\. (\S+)( .*)?", line) for line in lines]
    assert [int(match[1]) for match in found if match] == list(range(1, len(lines) + 1))
    return Way([match[2] for match in found if match], re.findall(r"[\w/]+\.py", tools))


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPlatform]:
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        importlib.import_module(module.name)
    records = {"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records"}
    with LocalPlatform(tmp_path, config=records, advance="by hand", seed=1) as platform:
        for name, value in platform.host.env.items():
            monkeypatch.setenv(name, value)
        yield platform


@pytest.fixture
def function(platform: LocalPlatform) -> Callable[..., Any]:
    """In a container that has answered a call."""
    from handlers.entry import Function

    function = Function(platform.host.env)
    an_event(platform)(function)
    return function


def an_event(platform: LocalPlatform) -> Call:
    image = platform.cloud.images.add(display_name="web")
    event = {
        "eventType": "com.oraclecloud.computeapi.createimage.end",
        "cloudEventsVersion": "0.1",
        "eventTime": "2026-01-31T23:59:59Z",
        "eventID": image["id"][-8:],
        "data": {"resourceId": image["id"], "compartmentId": image["compartmentId"]},
    }
    return Call(InvokeContext("app", "app", "function", "function", "call", headers={}), event)


def a_request(platform: LocalPlatform) -> Call:
    image = platform.cloud.images.add(display_name="web")
    details = {
        "destinationType": "objectStorageTuple",
        "namespaceName": platform.cloud.namespace,
        "bucketName": platform.cloud.bucket,
        "objectName": "web.oci",
    }
    url = f"/image-export/20160918/images/{image['id']}/actions/export"
    headers = {"fn-intent": "httprequest", "fn-http-method": "POST", "fn-http-request-url": url}
    context = InvokeContext(
        "app", "app", "function", "function", "call", headers=headers, method="POST", request_url=url
    )
    return Call(context, details)


@pytest.mark.parametrize(("name", "call"), [("event-path", an_event), ("http-path", a_request)])
def test_a_call_goes_the_way_that_the_page_lists(
    name: str, call: Callable[[LocalPlatform], Call], platform: LocalPlatform, function: Callable[..., Any]
) -> None:
    stations, tools = way_of(call(platform), function)
    assert listed(name) == (stations, sorted(tools))
