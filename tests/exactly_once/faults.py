"""What goes wrong with a call, by names that read well in a test's id.

Each is what ``Fault`` takes beside the operation. "Before" and "after": whether the work was done.
"""

from typing import Any

HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}

# Every one of these is worth another try, whatever the operation.
PASSING: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "code": "TooManyRequests"},
    "500 after the work": {"status": 500, "after_work": True},
    "502 as HTML": {"status": 502, **HTML},
    "503": {"status": 503, "code": "ServiceUnavailable"},
    "520, in no standard": {"status": 520, **HTML},
    "a success that is HTML, before the work": HTML,
    "dropped before the work": {"drop": "before"},
    "dropped after the work": {"drop": "after"},
}

# The work was done, and the answer's head says so; its body can't be read.
UNREADABLE: dict[str, dict[str, Any]] = {
    name: {"after_work": True, "body": body}
    for name, body in {
        "empty": b"",
        "a list": b"[]",
        "cut": b'{"id": "ocid1.image',
        "HTML": HTML["body"],
        "not UTF-8": b'{"displayName": "\xff"}',
        "half an emoji": b'{"displayName": "\\ud83d"}',
        "700 levels deep": b'{"tags": ' + b"[" * 700 + b"]" * 700 + b"}",
    }.items()
}
