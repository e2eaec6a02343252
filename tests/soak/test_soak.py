"""The soak itself, a small one; and that it sees a promise that was broken."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.local.oci import Fault
from tests.soak import __main__ as program
from tests.soak import figures
from tests.soak.figures import Figures, Findings
from tests.soak.soak import soak
from tests.soak.weather import LATER_NAME, Plan
from tests.unit.world import EVENT_ID, RECORDS, World

SMALL = ["--events", "60", "--containers", "6", "--seed", "7", "--speed", "10"]


@pytest.mark.slow
def test_every_event_of_a_small_soak_is_exported_once_and_announced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.main(SMALL) == 0
    assert figures.DUPLICATE in capsys.readouterr().out


def test_in_fair_weather_each_thing_happens_once() -> None:
    shares = {field.name: 0 for field in fields(Plan) if field.name.endswith("_share")}
    calm = Plan(events=2, containers=1, speed=50, issue_period_s=0, lag_s=0, **shares)
    seen = soak(replace(calm, fallback_share=0.5), lambda done, of: None)
    assert not seen.broken_promises
    assert not seen.findings
    numbers = seen.numbers
    assert numbers["events"] == numbers["deliveries"] == numbers["exports"] == 2
    assert numbers["exports by fallback"] == 1
    assert numbers["extra announcements"] == numbers["failed invocations"] == numbers["faults met"] == 0


@pytest.mark.parametrize("figure", figures.MUST_BE_0)
def test_a_figure_that_must_be_0_and_is_not_is_a_broken_promise(figure: str) -> None:
    assert Figures(dict.fromkeys(figures.MUST_BE_0, 0.0) | {figure: 1.0}, []).broken_promises == [figure]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, monkeypatch)
    world.configure(EXPORT_RECORDS=RECORDS)
    return world


def _export(world: World, event_id: str = EVENT_ID, *, is_accepted_told: bool = True) -> None:
    world.event("createimage.end", eventID=event_id)
    if not is_accepted_told:
        world.cloud.messages.pop()
    world.cloud.work_requests.advance(world.cloud.exports[-1].work_request_id)
    world.event("exportimage.end")


def _export_twice(world: World) -> None:
    _export(world)
    _export(world, "event-2")


def _export_again_without_record(world: World) -> None:
    """As if the container was killed, and the event came again under another configuration."""
    world.cloud.faults.add(Fault("PutObject", status=501, times=2))
    _export(world)
    world.configure(EXPORT_RECORDS=RECORDS, EXPORT_OBJECT_NAME=LATER_NAME)
    _export(world)


def _begin_silently(world: World) -> None:
    _export(world, is_accepted_told=False)


def _end_silently(world: World) -> None:
    _export(world)
    world.cloud.messages.pop()


def _tell_a_lie(world: World) -> None:
    _export(world)
    message = world.cloud.messages[0]
    world.cloud.messages[0] = replace(message, body=message.body.replace('"images"', '"elsewhere"'))


def _reject(world: World) -> None:
    world.cloud.faults.add(Fault("ExportImage", status=400, code="InvalidParameter"))
    world.event("createimage.end")


@pytest.mark.parametrize(
    ("happens", "found"),
    [
        (_export, []),
        (_export_twice, [figures.DUPLICATE]),
        (_export_again_without_record, [figures.SECOND_WITHOUT_RECORD]),
        (_begin_silently, [figures.NOT_ANNOUNCED]),
        (_end_silently, [figures.NO_ENDING]),
        (_tell_a_lie, [figures.NOT_TRUE]),
        (_reject, [figures.NO_EXPORT, figures.REJECTION]),
    ],
)
def test_what_happened_is_found(world: World, happens: Callable[[World], None], found: list[str]) -> None:
    happens(world)
    findings = Findings(world.cloud, (), (), has_records=True)
    findings.look([world.image["id"]])
    assert [figure for figure, _ in findings.found] == found
