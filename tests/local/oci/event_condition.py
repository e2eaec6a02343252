"""Whether an event meets a rule's condition.

Source: Oracle's "Matching Events with Filters": a condition is JSON in the shape of an event; fields that it
does not mention are ignored; a list means any of its values; `*` in a value stands for any characters; `{}`
matches every event.
"""

from collections.abc import Mapping

from .wildcard import fits


def matches(condition: object, event: object) -> bool:
    """Compares part by part; a key of the condition that the event does not have never matches."""
    if isinstance(condition, Mapping):
        if not isinstance(event, Mapping):
            return False
        return all(key in event and matches(wanted, event[key]) for key, wanted in condition.items())
    if isinstance(event, list):
        return any(matches(condition, value) for value in event)
    if isinstance(condition, list):
        return any(matches(wanted, event) for wanted in condition)
    if isinstance(condition, str) and isinstance(event, str):
        return fits(condition, event)
    return type(condition) is type(event) and condition == event
