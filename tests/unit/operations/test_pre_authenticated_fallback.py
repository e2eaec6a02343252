"""The way around Compute's known issue: a pre-authenticated request of the function's own making."""

from datetime import timedelta
from typing import Any

import pytest

from handlers.destinations.url import ObjectUrl
from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.operations import export_image as exports
from handlers.operations.export_image import Exported, export_image
from handlers.operations.pre_authenticated_fallback import delete
from tests.local.oci import Call, Fault
from tests.unit.operations.exports import PLACE, TOKEN, context_of, export, lines, operations, run
from tests.unit.world import World

CREATE, DELETE = "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest"
ALWAYS: Any = {"times": None}


@pytest.fixture
def refusing(world: World) -> World:
    """A cloud that refuses every bucket by its name, as it may do to functions."""
    world.cloud.switches.refuses_tuples = True
    return world


def through_par(world: World, *faults: Fault) -> None:
    """The exports through the request meet these, in turn."""
    world.cloud.on(CREATE, "done", lambda _: world.cloud.faults.add(*faults))


def test_a_refused_bucket_is_exported_to_through_a_request_to_write_that_one_object(refusing: World) -> None:
    refusing.configure(PAR_HOURS="3")
    etag = refusing.cloud.images.etag(refusing.image["id"])
    asked = export(refusing, if_match=etag)
    context = context_of(refusing, asked)
    accepted = export_image(asked, context).accepted
    by_name, by_url = refusing.calls("ExportImage")
    [par] = refusing.cloud.buckets.live_pars
    assert accepted.par_id == par.id
    assert (par.access_type, par.object) == ("ObjectWrite", PLACE.object_name)
    assert par.expires - par.created == timedelta(hours=3).total_seconds()
    assert refusing.calls(CREATE)[0].json["name"] == f"image-export-{exports.short(TOKEN)}"
    assert by_name.headers["if-match"] == by_url.headers["if-match"] == etag
    assert by_url.headers["opc-retry-token"] == exports.token_of_fallback(asked) != TOKEN
    assert by_url.json["destinationUri"].endswith("/o/golden/web%201.oci")
    [only] = refusing.cloud.exports
    assert (only.via, accepted.work_request_id) == ("par", only.work_request_id)
    # What is published and logged is the tuple, and under the request's own token.
    assert refusing.announced()[0]["data"]["destination"] == PLACE.document
    assert accepted.export == asked
    assert context.redactor.text(f"Compute says {par.token} is wrong") == "Compute says *** is wrong"
    assert operations(refusing) == ["ExportImage", CREATE, "ExportImage", "PublishMessage"]
    [line] = [line for line in refusing.log() if "pre-authenticated" in line["message"]]
    assert (line["level"], "Invalid bucketName" in line["message"]) == ("INFO", True)
    assert line["opcRequestId"]


REFUSES_NAMES = Fault(
    "ExportImage", status=400, code="InvalidParameter", message="Invalid bucketName: no", **ALWAYS
)


@pytest.mark.parametrize(
    ("fallback", "url", "called"),
    [
        ("false", None, ["ExportImage"]),
        ("true", ObjectUrl(PLACE, "https://host", "x" * 64), ["ExportImage"]),
        ("true", None, ["ExportImage", CREATE, "ExportImage", DELETE]),
    ],
    ids=["switched off", "a caller's URL", "in the fallback"],
)
def test_where_there_is_no_fallback_and_after_it_computes_refusal_is_the_answer(
    refusing: World, fallback: str, url: ObjectUrl | None, called: list[str]
) -> None:
    refusing.configure(PAR_FALLBACK=fallback)
    refusing.cloud.faults.add(REFUSES_NAMES)
    with pytest.raises(ServiceRefusal, match=r"^Invalid bucketName: no$"):
        run(refusing, export(refusing, url=url))
    assert operations(refusing) == called


@pytest.mark.parametrize("status", [404, 403, 400])
def test_where_it_may_not_be_created_the_first_error_says_which_permission_is_missing(
    refusing: World, status: int
) -> None:
    refusing.cloud.faults.add(Fault(CREATE, status=status, code="Denied"))
    with pytest.raises(ServiceRefusal) as raised:
        run(refusing)
    error = raised.value
    assert (error.status, error.code, error.passing) == (400, "InvalidParameter", False)
    assert error.message.startswith("Invalid bucketName")
    assert all(name in error.message for name in ("PAR_MANAGE", "OBJECT_CREATE", "OBJECT_OVERWRITE"))
    [line] = lines(refusing, "ERROR")
    assert line.startswith(f"no pre-authenticated request can be made: {status} Denied")
    assert operations(refusing) == ["ExportImage", CREATE]


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"status": 401}, 401), ({"status": 429}, 429), ({"status": 503}, 503), ({"drop": "before"}, 503)],
    ids=str,
)
def test_what_keeps_it_from_being_created_all_the_time_passes_as_itself(
    refusing: World, fault: dict[str, Any], status: int
) -> None:
    refusing.cloud.faults.add(Fault(CREATE, **fault, **ALWAYS))
    with pytest.raises(ExportError) as raised:
        run(refusing)
    assert (raised.value.status, raised.value.passing) == (status, True)
    assert "PAR_MANAGE" not in raised.value.message


def outcome(world: World, asked: Any) -> Exported | Exception:
    try:
        return run(world, asked)
    except (ExportError, ValueError) as failure:
        return failure


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "X"), (404, "X"), (409, "Conflict"), (409, "InvalidatedRetryToken"), (429, "TooManyRequests")],
)
def test_a_request_under_which_every_try_met_a_4xx_is_deleted_at_once_with_time_kept_for_it(
    refusing: World, status: int, code: str
) -> None:
    through_par(refusing, Fault("ExportImage", status=status, code=code, **ALWAYS))
    began = refusing.clock.monotonic()
    result = outcome(refusing, export(refusing))
    # A token of the function's own making, also for a caller.
    assert isinstance(result, Exported) is (code == "InvalidatedRetryToken")
    assert refusing.cloud.buckets.live_pars == []
    assert len(refusing.calls(DELETE)) == 1
    assert refusing.clock.monotonic() - began < refusing.seconds - 2


IN_USE: dict[str, list[dict[str, Any]]] = {
    "500": [{"status": 500}],
    "503, then 404": [{"status": 503}, {"status": 404}],
    "no answer, then 404": [{"drop": "before"}, {"status": 404}],
    "no answer, then its token was used": [
        {"drop": "after"},
        {"status": 409, "code": "InvalidatedRetryToken"},
    ],
    "302": [{"status": 302}],
    "no answer": [{"drop": "before", **ALWAYS}],
    "accepted": [],
}


@pytest.mark.parametrize("faults", IN_USE.values(), ids=IN_USE)
def test_a_request_that_an_export_may_be_using_is_kept(refusing: World, faults: list[dict[str, Any]]) -> None:
    through_par(refusing, *(Fault("ExportImage", **fault) for fault in faults))
    outcome(refusing, export(refusing, "event"))
    assert len(refusing.cloud.buckets.live_pars) == 1
    assert refusing.calls(DELETE) == []


def test_also_after_a_bug_a_request_may_be_in_use(refusing: World) -> None:
    def fail(call: Call) -> None:
        if len(refusing.calls("ExportImage")) == 2:
            raise ValueError("a bug")

    refusing.cloud.on("ExportImage", "done", fail)
    assert isinstance(outcome(refusing, export(refusing)), ValueError)
    assert refusing.calls(DELETE) == []


def test_without_time_for_a_try_the_request_is_deleted(refusing: World) -> None:
    refusing.seconds = 8
    refusing.cloud.faults.add(Fault(CREATE, delay=3.8))
    asked = export(refusing)
    context = context_of(refusing, asked)
    # The work has 5.2 seconds in all.
    refusing.cloud.clock.advance(1.3)
    with pytest.raises(NoAnswer):
        export_image(asked, context)
    assert operations(refusing) == ["ExportImage", CREATE, DELETE]
    assert refusing.cloud.buckets.live_pars == []


@pytest.mark.parametrize(
    ("faults", "is_gone"),
    [
        ([], True),
        ([{"status": 404}], True),
        ([{"status": 429}, {"status": 404}], True),
        ([{"status": 403}], False),
        ([{"drop": "before", **ALWAYS}], False),
    ],
    ids=str,
)
def test_deleting_is_tried_again_where_that_may_help_and_not_found_counts_as_deleted(
    refusing: World, faults: list[dict[str, Any]], is_gone: bool
) -> None:
    run(refusing)
    refusing.cloud.faults.add(*(Fault(DELETE, **fault) for fault in faults))
    assert delete(PLACE, refusing.cloud.pars[0].id, refusing.context()) is is_gone
    warnings = [line for line in lines(refusing, "WARNING") if "was not deleted" in line]
    assert len(warnings) == bool(faults)
