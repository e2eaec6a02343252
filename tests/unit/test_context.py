"""What one invocation works with: its container built at need, its time, its own redactor."""

import logging

import pytest

from handlers.context import Context, Requester
from handlers.destinations import Destination
from handlers.errors import Misconfigured
from tests.fakes import CALL_ID, DEADLINE, HOSTS, START, FakeServices, container, context, refusal
from tests.unit.examples import logged, throttled

SECRET = "known-in-this-call"  # noqa: S105  # opens nothing


def test_what_the_container_keeps_is_built_once_and_when_it_is_needed() -> None:
    kept, builds = container(), []
    made = Context(lambda: builds.append(1) or kept, Requester("direct", CALL_ID), call_id=CALL_ID)
    assert builds == []
    made.prepare()
    assert (made.settings, made.services, made.hosts) == (kept.settings, kept.services, HOSTS)
    assert len(builds) == 1


def test_a_wrong_configuration_is_raised_each_time() -> None:
    def build() -> None:
        raise Misconfigured("TOPIC_ID is missing.")

    made = Context(build, Requester("direct", CALL_ID), call_id=CALL_ID)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Misconfigured):
            made.prepare()


@pytest.mark.parametrize(
    ("deadline", "seconds"),
    [
        pytest.param(DEADLINE, 120.0, id="the platform's"),
        pytest.param("2026-01-31T11:59:00Z", -60.0, id="one that has passed"),
        pytest.param("", 30.0, id="none: half a minute, as the FDK assumes"),
        pytest.param("soon", 30.0, id="an unreadable one"),
    ],
)
def test_the_time_ends_at_the_deadline(deadline: str, seconds: float) -> None:
    made = context(deadline=deadline)
    assert made.retries.budget.deadline - made.started == seconds
    assert made.began == START


@pytest.mark.parametrize(("function_id", "source"), [("ocid1.fnfunc.oc1..x", None), ("", "image-export")])
def test_announcements_come_from_the_function_or_from_its_name(function_id: str, source: str | None) -> None:
    made = Context(container, Requester("direct", CALL_ID), call_id=CALL_ID, function_id=function_id)
    assert made.source == (source or function_id)


def test_two_invocations_hide_nothing_of_each_other() -> None:
    first, second = context(), context()
    first.redactor.hide(SECRET)
    assert second.redactor.text(SECRET) == SECRET


def test_publishing_has_the_time_kept_for_it_and_is_tried_again(services: FakeServices) -> None:
    made = context(services)
    services.clock.advance(made.retries.budget.work - services.clock.monotonic())
    services.fail("publish", throttled())
    assert made.publish("title", "body") == "message-1"
    assert all(call.until <= made.retries.budget.announcement for call in services.calls())
    assert made.retries.calls == 2


def test_a_published_messages_id_is_without_secrets(services: FakeServices) -> None:
    made = context(services)
    made.redactor.hide("message-1")
    assert made.publish("title", "body") == "***"


def test_a_line_beside_the_invocations_own_has_the_call_and_the_failures_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = context()
    made.redactor.hide(SECRET)
    made.log(logging.WARNING, "it was not deleted", refusal(404, "NotFound", f"No {SECRET}."))
    made.log(logging.WARNING, "it is not known")
    assert logged(caplog, "WARNING") == ["it was not deleted: 404 NotFound No ***.", "it is not known"]
    assert [record.fields for record in caplog.records] == [{"callId": CALL_ID}] * 2


def test_a_services_words_are_shown_without_secrets_and_our_own_as_they_are() -> None:
    made = context()
    made.redactor.hide(SECRET)
    assert made.shown_message(refusal(400, "X", f"Bad: {SECRET}")) == "Bad: ***"
    assert made.shown_message(Misconfigured(SECRET)) == SECRET
    assert made.shown_code(refusal(400, SECRET)) == "***"


def test_a_place_is_shown_without_secrets_and_without_its_base_but_a_listed_name_stays() -> None:
    made = context(ALLOWED_DESTINATIONS=f"listed/{SECRET}-2")
    made.redactor.hide(f"{SECRET}-2")
    made.redactor.hide(SECRET)
    place = Destination("ns", SECRET, f"x/{SECRET}", "https://host", SECRET)
    assert made.shown_place(place) == Destination("ns", "***", "x/***")
    listed = Destination("listed", f"{SECRET}-2", "x")
    assert made.shown_place(listed) == listed
