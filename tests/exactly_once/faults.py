"""What goes wrong with a call and passes, by names that read well in a test's id.

Each is what ``Fault`` takes beside the operation. "Before" and "after": whether the work was done.
"""

from typing import Any

HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}

# Every one of these is worth another try, whatever the operation.
PASSING: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "code": "TooManyRequests"},
    "429 with Retry-After": {"status": 429, "code": "TooManyRequests", "headers": {"retry-after": "1"}},
    "429 as HTML": {"status": 429, **HTML},
    "500": {"status": 500},
    "500 after the work": {"status": 500, "after_work": True},
    "500 with a list": {"status": 500, "body": b'["no error object"]'},
    "500 with strange fields": {"status": 500, "body": b'{"code": 7, "message": {"text": "no text"}}'},
    "502 as HTML": {"status": 502, **HTML},
    "503": {"status": 503, "code": "ServiceUnavailable"},
    "503 after the work, as HTML": {"status": 503, "after_work": True, **HTML},
    "504 as HTML": {"status": 504, **HTML},
    "520, in no standard": {"status": 520, **HTML},
    "a success that is HTML": HTML,
    "a success that is HTML, after the work": {"after_work": True, **HTML},
    "a success that is empty": {"after_work": True, "body": b""},
    "a success that is a list": {"after_work": True, "body": b"[]"},
    "a success cut short": {"after_work": True, "body": b'{"id": "ocid1.image'},
    "dropped before the work": {"drop": "before"},
    "dropped after the work": {"drop": "after"},
}
