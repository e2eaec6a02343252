"""What leads to nothing is answered with its reason."""

from handlers.operations import Subject
from handlers.operations.ignore import Ignore
from tests.fakes import FakeServices, context


def test_nothing_is_called_and_the_reason_is_told(services: FakeServices) -> None:
    result = Ignore("of another kind").run(context(services))
    assert (result.message, result.summary) == (
        "event ignored",
        {"status": "ignored", "reason": "of another kind"},
    )
    assert services.calls() == []
    assert Ignore("x").subject == Subject()
