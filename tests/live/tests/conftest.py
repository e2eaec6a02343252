"""A local cloud in place of a tenancy, and a user who runs the program against it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.__main__ import main
from tests.local.oci import Call, Cloud, Destination, Export, Switches
from tests.local.platform import LocalPlatform

QUESTION, ASSUMED, SEEN, RESULT = range(4)


@dataclass(frozen=True)
class Tenancy:
    """What the user has: a platform, an image, a profile."""

    platform: LocalPlatform
    image: dict[str, Any]
    profile: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *options: str, yes: bool = True) -> "Ran":
        """The program in this process, as the user would call it."""
        cloud, control = self.platform.cloud, self.platform.control
        arguments = {
            "--config-file": str(self.profile),
            "--function-id": cloud.function_id,
            "--image-id": self.image["id"],
            "--bucket": cloud.bucket,
            "--poll": "0.01",
            "--notice": "0.5",
        }
        endpoints = [f"default={cloud.endpoint}"]
        endpoints += [f"{name}={control.url}" for name in ("functions", "logging-search", "audit")]
        words = [word for argument in arguments.items() for word in argument]
        words += [word for endpoint in endpoints for word in ("--endpoint", endpoint)]
        exit_code = main([*words, *(["--yes"] if yes else []), *options])
        assert cloud.settle()
        return Ran(exit_code, self.capsys.readouterr().out)

    @property
    def exports(self) -> list[Export]:
        """The exports of the image."""
        return [export for export in self.platform.cloud.exports if export.image_id == self.image["id"]]

    @property
    def objects(self) -> set[Destination]:
        """What lies in the buckets."""
        return set(self.platform.cloud.buckets.objects)

    @property
    def logged(self) -> tuple[str, ...]:
        """The options that say where the function's log is."""
        logs = self.platform.control
        return ("--log-group-id", logs.log_group_id, "--log-id", logs.log_id)

    def move_on(self, call: Call) -> None:
        """Each time that the user looks at an export it gets on: to 40 %, to 80 %, to its end."""
        if '="ST$' in call.headers["authorization"]:
            return
        work_requests = self.platform.cloud.work_requests
        work_request_id = call.path.rpartition("/")[2]
        done = work_requests[work_request_id]["percentComplete"]
        work_requests.advance(work_request_id, done + 40)


@dataclass(frozen=True)
class Ran:
    """How a run went."""

    exit_code: int
    output: str

    @property
    def table(self) -> dict[str, tuple[str, str]]:
        """What was seen, and what that comes to, by the question."""
        rows = [line.strip("| ").split(" | ") for line in self.output.splitlines() if line.startswith("| ")]
        return {row[QUESTION]: (row[SEEN], row[RESULT].strip("*")) for row in rows[2:]}

    @property
    def results(self) -> dict[str, str]:
        """The same without what was seen."""
        return {question: result for question, (_, result) in self.table.items()}


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform whose exports get on when a user looks at them; most tests share it."""
    with _platform(tmp_path_factory.mktemp("shared")) as platform:
        yield platform


@pytest.fixture
def tenancy(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Opens a tenancy with an image of its own; `options` are of a platform of its own."""

    @contextmanager
    def opened(switches: Switches | None = None, **options: Any) -> Iterator[Tenancy]:
        with _platform(tmp_path / "own", **options) if options else nullcontext(platform) as used:
            cloud = used.cloud
            cloud.topic_rate, cloud.events.max_tries = 10_000, 1
            before, cloud.switches = cloud.switches, switches or Switches()
            user = cloud.api_key(tmp_path)
            profile = tmp_path / "config"
            profile.write_text("\n".join(["[DEFAULT]", *(f"{key}={user[key]}" for key in user), ""]))
            tenancy = Tenancy(used, cloud.images.add("golden"), profile, capsys)
            cloud.on("GetWorkRequest", "done", tenancy.move_on)
            yield tenancy
            cloud.stop_watching()
            cloud.switches = before

    return opened


def _platform(folder: Path, config: dict[str, str | None] | None = None, **options: Any) -> LocalPlatform:
    records = {"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records"}
    settings: dict[str, Any] = {"advance": "by hand", "seed": 1, "max_containers": 2}
    return LocalPlatform(folder, config={**records, **(config or {})}, **settings, **options)
