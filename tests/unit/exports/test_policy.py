"""What callers may ask for, by the operator's settings."""

import pytest

from handlers.errors import NotAllowed
from handlers.exports.destination import Destination
from tests.fakes import BUCKET, NAMESPACE, policy

NO_EVENTS = {"EXPORT_NAMESPACE": "", "EXPORT_BUCKET": ""}


def test_the_events_destination_is_always_allowed() -> None:
    place = Destination(NAMESPACE, BUCKET, "any/thing.oci")
    assert policy().allow_list.check(place)
    assert policy(ALLOWED_DESTINATIONS="ns/b").allow_list.check(place)


def test_callers_may_export_to_the_listed_places() -> None:
    place = Destination("ns", "b", "images/a.oci")
    assert policy(ALLOWED_DESTINATIONS="ns/b/images", **NO_EVENTS).allow_list.check(place)


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(NotAllowed):
        policy(**NO_EVENTS).allow_list.check(Destination(NAMESPACE, BUCKET, "x"))
