"""What goes wrong with a call, by names that read well in a test's id.

Each is what ``Fault`` takes beside the operation. "Before" and "after": whether the work was done.
"""

from typing import Any

HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}

# Every one of these is worth another try, whatever the operation.
PASSING: dict[str, dict[str, Any]] = {
    "500 after the work": {"status": 500, "after_work": True},
    "502 as HTML": {"status": 502, **HTML},
    "520, in no standard": {"status": 520, **HTML},
    "a success that is HTML, before the work": HTML,
    "dropped before the work": {"drop": "before"},
    "dropped after the work": {"drop": "after"},
}

# The work was done, and the answer's head says so; its body can't be read.
UNREADABLE: dict[str, dict[str, Any]] = {
    "HTML": {"after_work": True, **HTML},
    "broken off": {"cut": 10},
}
