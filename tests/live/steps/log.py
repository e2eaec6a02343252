"""The function's log, through Logging Search."""

from datetime import UTC, datetime, timedelta

import oci

from ..run import REFUSED, UNREACHED, Run, told

# A line can be searched for some minutes after it was written.
_MARGIN = timedelta(minutes=5)


def lines_about(run: Run, text: str, message: str) -> list[str]:
    """Waits for lines with both texts in them; none if they don't come in time, or can't be searched for."""
    found: list[str] = []

    def came() -> bool:
        found[:] = [line for line in _search(run, text) if message in line]
        return bool(found)

    run.wait(came, run.options.notice_limit_s)
    return found


def _search(run: Run, text: str) -> list[str]:
    options = run.options
    compartment = run.function.compartment_id if run.function else "-"
    place = f"{compartment}/{options.log_group_id}/{options.log_id}"
    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=run.began - _MARGIN,
        time_end=datetime.now(UTC) + _MARGIN,
        search_query=f"search \"{place}\" | where logContent = '*{text}*'",
    )
    try:
        results = run.clients.logging_search.search_logs(details).data.results
    except (REFUSED, *UNREACHED) as problem:
        run.screen.step("Logging", f"can't be searched: {told(problem)}")
        return []
    return [str(result.data["logContent"]["data"]["message"]) for result in results]
