"""Logging Search: SearchLogs over the function's log.

Source: the SDK's `LogSearchClient`, and Oracle's "Logging Query Language Specification" for the one form that
is read: `search "<compartment>/<log group>/<log>" | where logContent = '*<text>*'`.
"""

import re
from typing import Any

from ..fn import FunctionHost
from ..oci import Cloud, errors
from ..oci.exchange import Answer, Received, text
from ..oci.identifiers import rfc3339
from .times import time_of

_QUERY = re.compile(
    r'search "(?P<compartment>[^/"]+)/(?P<group>[^/"]+)/(?P<log>[^/"]+)"'
    r" \| where logContent = '\*(?P<text>[^'*]+)\*'"
)


class LoggingSearch:
    """`log_group_id` and `log_id` are those of the function's application."""

    def __init__(self, cloud: Cloud, host: FunctionHost) -> None:
        self._cloud, self._host = cloud, host
        self.log_group_id = "ocid1.loggroup.oc1.phx.localgroup"
        self.log_id = "ocid1.log.oc1.phx.localfunctionlog"

    def search(self, request: Received) -> Answer:
        """200 with the lines that have the text in them."""
        fields = request.json()
        for name in ("timeStart", "timeEnd"):
            time_of(fields, name)
        query = _QUERY.fullmatch(text(fields, "searchQuery"))
        if query is None:
            raise errors.invalid("searchQuery", "is none that this emulator reads")
        place = (self._cloud.function_compartment_id, self.log_group_id, self.log_id)
        if query.group("compartment", "group", "log") != place:
            raise errors.not_found("log")
        found = [line for line in list(self._host.logs) if query["text"] in line]
        results = [{"data": self._result(line)} for line in found]
        summary = {"resultCount": len(results), "fieldCount": 0}
        return Answer(200, {"results": results, "fields": [], "summary": summary})

    def _result(self, line: str) -> dict[str, Any]:
        cloud = self._cloud
        data = {
            "applicationId": cloud.app_id,
            "functionId": cloud.function_id,
            "message": line,
            "src": "STDERR",
        }
        content = {
            "data": data,
            "source": "image-export",
            "subject": "image-export",
            "time": rfc3339(cloud.clock.now()),
        }
        return {"datetime": int(cloud.clock.now() * 1000), "logContent": content}
