"""Where no bucket can be exported to by name, a pre-authenticated request leads to the same one export.

Without records. Such a request is deleted where no export can be using it, and never where one may be.
"""

import json

import pytest

from tests.exactly_once.faults import PASSING
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import TRIGGERS, Request, once


@pytest.fixture(autouse=True)
def _names_are_refused(platform: LocalPlatform) -> None:
    platform.cloud.switches.refuses_tuples = True


@pytest.mark.parametrize("fault", ["502 as HTML", "dropped after the work"])
def test_the_fallbacks_own_export_is_tried_again_with_the_same_token_and_url(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    again = Fault("ExportImage", **PASSING[fault])
    once(platform, "CreatePreauthenticatedRequest", "done", lambda: platform.cloud.faults.add(again))

    assert event_request.send().document["status"] == "exported"

    assert len(event_request.exports) == len(event_request.accepted) == len(event_request.pars) == 1
    _, second, third = event_request.tries
    assert second.headers["opc-retry-token"] == third.headers["opc-retry-token"]
    assert second.body == third.body


def test_five_deliveries_leave_the_one_that_is_in_use(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound", times=4))

    statuses = [event_request.send().status]
    [used] = event_request.pars
    event_request.end()
    statuses += [event_request.send().status for _ in range(4)]

    assert statuses == [502] * 4 + [200]
    assert event_request.pars == [used]
    assert event_request.export
    # Whose work request it is nobody can tell, and none is guessed.
    [announcement] = event_request.accepted
    assert announcement["id"] == f"{event_request.tokens[0]}/accepted"
    assert announcement["data"]["workRequestId"] is None


def test_the_tokens_of_pre_authenticated_requests_are_in_no_message_log_line_or_reply(
    platform: LocalPlatform,
) -> None:
    replies = [Request(platform, trigger).send() for trigger in TRIGGERS]

    told = [
        *platform.host.logs,
        *(message.body for message in platform.cloud.messages),
        *(json.dumps(reply.document) for reply in replies),
    ]
    tokens = [par.token for par in platform.cloud.pars]
    assert tokens
    assert not [token for token in tokens for text in told if token in text]
