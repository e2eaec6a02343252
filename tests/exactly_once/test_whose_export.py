"""Whose export it is: a request's own, if Compute answered so to its retry token, or its record says so.

And none else, however often the request comes, and whatever else is exported meanwhile.
"""

from collections.abc import Callable

import pytest

from tests.exactly_once.ways import Way
from tests.local.oci import Export, Fault
from tests.unit.world import RECORDS, Answer, World, tuple_details

NO_TOPIC = Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound")


def event(world: World) -> Answer:
    """The same, whenever it is delivered."""
    return world.event("createimage.end", eventTime=world.image["timeCreated"])


def over_http(world: World, name: str = "a.oci", token: str = "a caller's") -> Answer:  # noqa: S107
    return world.export(tuple_details(name), {"opc-retry-token": token})


def direct(world: World) -> Answer:
    return world.call({"imageId": world.image["id"], "exportImageDetails": tuple_details("a.oci")})


def elsewhere(world: World) -> Export:
    """Another request's export of the image."""
    assert over_http(world, "elsewhere.oci", "another's").status == 200
    return world.cloud.exports[-1]


def end(world: World) -> None:
    """The image's exports end well."""
    for export in world.cloud.exports:
        world.cloud.work_requests.advance(export.work_request_id)


def end_at_the_next_refusal(world: World) -> None:
    """They end when the function was refused for the image's state, and has asked what state it is in."""
    world.cloud.on("GetImage", "done", lambda _: end(world))


def work_requests(world: World, kind: str = "event") -> set[str | None]:
    """Those that requests of this kind announced as accepted."""
    announced = [event["data"] for event in world.announced("accepted")]
    return {data["workRequestId"] for data in announced if data["trigger"]["kind"] == kind}


def are_announced(world: World) -> bool:
    """Whether each export is, by its work request."""
    return work_requests(world) | work_requests(world, "gateway") == {
        export.work_request_id for export in world.cloud.exports
    }


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after it ended"])
@pytest.mark.parametrize("send", [event, over_http, direct])
def test_a_request_that_comes_again_finds_its_export(
    somehow: World, way: Way, send: Callable[[World], Answer], ended: bool
) -> None:
    assert send(somehow).status == 200
    if ended:
        end(somehow)
    # Without a record, a Compute that looks at the state first tells nothing before the export has ended.
    end_at_the_next_refusal(somehow)

    again = send(somehow)
    assert again.status == 200

    [export] = somehow.cloud.exports
    told = [announced["data"]["workRequestId"] for announced in somehow.announced("accepted")]
    # None is guessed.
    assert told == [export.work_request_id, export.work_request_id if way.is_known else None]
    assert send is not over_http or again.headers.get("opc-work-request-id") == told[-1]


def test_a_token_that_comes_again_for_another_object_is_answered_with_no_other_export(
    somehow: World, way: Way
) -> None:
    over_http(somehow)

    assert over_http(somehow, "elsewhere.oci").status == 409
    assert len(somehow.cloud.exports) == len(somehow.announced("accepted")) == 1

    end(somehow)
    again = over_http(somehow, "elsewhere.oci")
    if way.is_known:
        assert (again.status, again.document["code"]) == (409, "InvalidatedRetryToken")
    else:
        # Through a pre-authenticated request, Compute can't know that the token is the same: so it is another
        # request, and another export.
        assert again.status == 200
        assert somehow.cloud.exports[-1].destination.object == "elsewhere.oci"
    assert are_announced(somehow)


def test_an_export_that_somebody_else_began_later_is_not_announced_as_this_request_s(
    somehow: World, way: Way
) -> None:
    somehow.cloud.faults.add(NO_TOPIC)
    assert event(somehow).status == 502
    end(somehow)
    [own] = somehow.cloud.exports
    elsewhere(somehow)

    # While it runs, only a record, or a Compute that looks at the token first and takes names, can tell.
    tells = way.records or (way.is_token_first and not way.is_refused)
    assert event(somehow).status == (200 if tells else 502)
    end(somehow)
    assert event(somehow).document["status"] == "exported"

    assert len(somehow.cloud.exports) == 2
    # It was accepted; where nothing tells which of the two it is, it is announced without.
    assert work_requests(somehow) == {own.work_request_id if way.is_known else None}


def test_an_export_to_elsewhere_is_neither_adopted_nor_recorded_as_this_request_s(
    somehow: World, way: Way
) -> None:
    other = elsewhere(somehow)

    assert event(somehow).status == 502
    assert somehow.cloud.exports == [other]
    assert work_requests(somehow) == set()
    end(somehow)
    assert event(somehow).document["status"] == "exported"

    assert len(somehow.cloud.exports) == 2
    assert are_announced(somehow)
    if way.records:
        recorded = somehow.record()["exports"]
        assert {(entry["workRequestId"], entry["destination"]["objectName"]) for entry in recorded} == {
            (export.work_request_id, export.destination.object) for export in somehow.cloud.exports
        }


def test_a_request_waits_for_another_export_that_ends_within_its_time(somehow: World) -> None:
    elsewhere(somehow)
    end_at_the_next_refusal(somehow)

    assert event(somehow).document["status"] == "exported"
    assert len(somehow.cloud.exports) == 2
    assert are_announced(somehow)


@pytest.mark.parametrize("first", [True, False], ids=["goes", "comes"])
@pytest.mark.parametrize("records", [False, True], ids=["without records", "with records"])
def test_where_the_known_issue_goes_or_comes_between_two_deliveries_only_records_keep_it_to_one_export(
    world: World, first: bool, records: bool
) -> None:
    """Without records, by name and by URL are two requests to Compute. (README, Limits)"""
    world.configure(EXPORT_RECORDS=RECORDS if records else None)
    for refused in (first, not first):
        world.cloud.switches.refuses_tuples = refused
        assert event(world).document["workRequestId"] == world.cloud.exports[-1].work_request_id
        end(world)

    assert len(world.cloud.exports) == (1 if records or not first else 2)
    assert len({export.destination for export in world.cloud.exports}) == 1
    assert are_announced(world)
