"""One table from what is wanted to who does it."""

import json

from handlers.exports.commands import (
    Announced,
    Describe,
    Described,
    Ignore,
    Ignored,
    Shown,
    ShowWorkRequest,
    Started,
)
from handlers.exports.run import run
from tests.fakes import FakeServices
from tests.unit.exports.examples import announce_ending, at_hand, start_export


def test_an_export_is_started(services: FakeServices) -> None:
    assert isinstance(run(start_export(), at_hand(services)), Started)


def test_a_dry_run_starts_nothing(services: FakeServices) -> None:
    assert isinstance(run(start_export(dry_run=True), at_hand(services)), Shown)
    assert services.calls("export_image") == services.calls("publish") == []


def test_a_work_request_is_shown(services: FakeServices) -> None:
    export = services.work_requests.add()
    assert isinstance(run(ShowWorkRequest(export["id"], ""), at_hand(services)), Shown)


def test_an_ending_is_announced(services: FakeServices) -> None:
    services.work_requests.add(status="SUCCEEDED")
    assert isinstance(run(announce_ending(), at_hand(services)), Announced)


def test_the_interface_is_described_without_a_call(services: FakeServices) -> None:
    described = run(Describe(), at_hand(services))
    assert isinstance(described, Described)
    assert json.loads(described.document)["openapi"].startswith("3.0.")
    assert services.calls() == []


def test_what_is_to_be_ignored_is_ignored(services: FakeServices) -> None:
    assert run(Ignore("of another kind"), at_hand(services)) == Ignored("of another kind")
    assert services.calls() == []
