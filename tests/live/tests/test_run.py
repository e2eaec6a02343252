"""The acceptance run against the local cloud: its table tells apart what the cloud can be like."""

from collections.abc import Callable
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.live import following, points
from tests.live.__main__ import main
from tests.local.oci import Destination, Fault, Switches

Open = Callable[..., Any]


def answers(**expected: str) -> dict[str, str]:
    """Results by question: everything is as assumed, but for these points by their names."""
    unusual = {"PAR": "not seen", "EARLY_OBJECT": "not seen"} | expected
    named = {name: point for name, point in vars(points).items() if isinstance(point, points.Point)}
    return {point.question: unusual.get(name, "confirmed") for name, point in named.items()}


def test_where_all_is_as_assumed_the_table_says_so(tenancy: Open) -> None:
    with tenancy() as cloud:
        ran = cloud.run(*cloud.logged)
    assert ran.exit_code == 0, ran.output
    assert ran.results == answers()
    assert ran.table[points.EXPORTING_CODE.question] == ("409 `IncorrectState`", "confirmed")
    assert ran.output.count("✓ the function's log has the export") == 2
    assert "images a catch-up would export" in ran.output
    assert "All checks passed" in ran.output


def test_where_all_is_otherwise_the_table_says_that(tenancy: Open) -> None:
    otherwise = Switches(looks_at="state first", refuses_tuples=True, exporting_code="Conflict")
    with tenancy(otherwise) as cloud:
        ran = cloud.run(*cloud.logged)
        left = {par.object for par in cloud.platform.cloud.buckets.live_pars}
    assert ran.exit_code == 0, ran.output
    different = dict.fromkeys(("BY_NAME", "EXPORTING_CODE", "LOOKS_AT"), "different")
    assert ran.results == answers(PAR="confirmed", **different)
    assert ran.table[points.EXPORTING_CODE.question][0] == "409 `Conflict`"
    assert "through a pre-authenticated request" in ran.table[points.BY_NAME.question][0]
    assert not left


def test_without_a_record_and_a_log_it_tells_what_can_be_seen(tenancy: Open) -> None:
    # A second delivery waits for as long as it may; then it fails, and comes again.
    with tenancy(Switches(looks_at="state first"), config={"EXPORT_RECORDS": None}, timeout_s=5) as cloud:
        ran = cloud.run()
    assert ran.exit_code == 0, ran.output
    assert ran.results == answers(LOOKS_AT="different", END_EVENT="not seen")
    assert "there is no catch-up" in ran.output
    assert "the delivery failed" in ran.table[points.ONE_EVENT.question][0]


def test_a_permission_that_is_missing_for_work_requests_is_seen(tenancy: Open) -> None:
    switches = Switches(work_requests_need_create_image=True)
    with tenancy(switches) as cloud, ExitStack() as missing:
        # One of the two is enough for an ending.
        for statement in ("to use instances", "to inspect work-requests"):
            missing.enter_context(cloud.platform.cloud.policy.without(statement))
        ran = cloud.run("--notice", "0.01", "--skip", "event", "--skip", "compute")
    assert ran.exit_code == 1
    assert ran.results[points.WORK_REQUEST_PERMISSION.question] == "different"
    assert ran.results[points.END_EVENT.question] == "different"


def test_a_permission_that_is_missing_for_exports_is_seen(tenancy: Open) -> None:
    with tenancy() as cloud, cloud.platform.cloud.policy.without("manage instance-images"):
        ran = cloud.run()
        assert not cloud.exports
    assert ran.exit_code == 1
    assert "dry-run: the dry run was refused: 404" in ran.output


def test_a_function_that_may_not_make_requests_is_seen(tenancy: Open) -> None:
    with tenancy(Switches(refuses_tuples=True)) as cloud:
        with cloud.platform.cloud.policy.without("PAR_MANAGE"):
            ran = cloud.run("--skip", "event", "--skip", "compute")
        assert not cloud.exports
    assert ran.exit_code == 1
    assert ran.results[points.BY_NAME.question] == "different"
    assert ran.results[points.PAR.question] == "different"


def test_an_export_that_fails_is_told_with_its_reasons(tenancy: Open) -> None:
    with tenancy() as cloud:
        cloud.platform.cloud.faults.add(Fault("EndExport", code="ImageExportFailed", message="no space left"))
        ran = cloud.run("--skip", "event", "--skip", "compute")
    assert ran.exit_code == 1
    assert "export: ImageExportFailed: no space left" in ran.output


def test_all_that_it_made_is_gone_at_the_end(tenancy: Open) -> None:
    with tenancy() as cloud:
        before = cloud.objects
        ran = cloud.run()
        assert cloud.objects == before
        assert len(cloud.exports) == 3
    assert ran.exit_code == 0, ran.output


def test_what_was_there_before_stays(tenancy: Open) -> None:
    with tenancy() as cloud:
        empty = cloud.objects
        cloud.run("--skip", "event", "--skip", "compute", "--keep")
        before = cloud.objects
        ran = cloud.run("--skip", "event", "--skip", "compute")
        assert cloud.objects == before
    assert len(before - empty) == 2  # an object, and the record
    assert "keeps this run's exports in the record that was there" in ran.output


def test_an_event_never_replaces_an_object(tenancy: Open) -> None:
    with tenancy(config={"EXPORT_OBJECT_NAME": "fixed.oci"}) as cloud:
        place = Destination("axexampleexam", "images", "fixed.oci")
        cloud.platform.cloud.buckets.put(place, b"mine")
        ran = cloud.run("--skip", "export", "--skip", "compute")
        assert cloud.platform.cloud.buckets.objects[place].path.read_bytes() == b"mine"
        assert not cloud.exports
    assert ran.exit_code == 1
    assert "would replace axexampleexam/images/fixed.oci" in ran.output


def test_exports_go_where_callers_may_export_to(tenancy: Open) -> None:
    with tenancy() as cloud:
        ran = cloud.run("--bucket", "shared-images", "--skip", "event", "--skip", "compute", "--keep")
        (export,) = cloud.exports
    assert ran.exit_code == 0, ran.output
    assert (export.destination.bucket, export.destination.object.split("/")[0]) == (
        "shared-images",
        "on-demand",
    )


def test_a_bucket_that_the_function_may_not_export_to_ends_the_run(tenancy: Open) -> None:
    with tenancy() as cloud:
        cloud.platform.cloud.buckets.add("other")
        ran = cloud.run("--bucket", "other")
        assert not cloud.exports
    assert ran.exit_code == 1
    assert "ALLOWED_DESTINATIONS" in ran.output


def test_an_export_that_takes_too_long_is_left_and_named(tenancy: Open) -> None:
    with tenancy() as cloud:
        cloud.platform.cloud.stop_watching()
        ran = cloud.run("--limit", "0.001")
        (export,) = cloud.exports
    assert ran.exit_code == 1
    assert f"still exports: {export.work_request_id}" in ran.output
    assert f"yours to delete once the exports have ended: {export.destination.namespace}" in ran.output
    assert ran.results[points.EXPORT_PERMISSION.question] == "confirmed"


def test_interrupted_it_shows_what_it_saw(tenancy: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "_progress", interrupt)
    with tenancy() as cloud:
        ran = cloud.run()
    assert ran.exit_code == 1
    assert "still exports" in ran.output
    assert ran.results[points.EXPORTING_CODE.question] == "confirmed"
    assert ran.results[points.LOOKS_AT.question] == "not seen"


def test_it_calls_nothing_before_somebody_agreed(tenancy: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenancy() as cloud:
        monkeypatch.setattr("sys.stdin", StringIO("y"))
        with pytest.raises(SystemExit, match="2"):
            cloud.run(yes=False)
        assert not cloud.exports
        printed = cloud.capsys.readouterr()
    assert "In all 3 exports" in printed.out
    assert "--yes" in printed.err


def test_the_plan_says_how_to_undo_each_step(tenancy: Open) -> None:
    with tenancy() as cloud:
        ran = cloud.run("--skip", "export", "--skip", "event", "--skip", "compute")
    plan = ran.output.partition("how to undo it\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[1] for line in plan[::2]] == [
        "look:",
        "dry-run:",
        "catch-up:",
        "audit:",
        "clean-up:",
    ]
    assert all("undo" in line for line in plan[1::2])


def test_the_table_can_be_written_to_a_file_and_has_no_whole_ocid(tenancy: Open, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    with tenancy() as cloud:
        ran = cloud.run("--report", str(report), "--skip", "event", "--skip", "compute")
    written = report.read_text(encoding="utf-8")
    assert written in ran.output
    assert f"ocid1.image…{cloud.image['id'][-6:]}" in written
    assert "ocid1.image.oc1" not in written


@pytest.mark.parametrize("profile", ["NOBODY", "DEFAULT"])
def test_a_profile_that_cannot_be_used_is_told_in_one_line(
    profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.write_text("[DEFAULT]\nuser=x\n")
    ids = ["--function-id", "f", "--image-id", "i", "--bucket", "b"]
    with pytest.raises(SystemExit, match="2"):
        main(["--config-file", str(config), "--profile", profile, *ids])
    assert capsys.readouterr().err.splitlines()[-1].startswith("python -m tests.live: error: the profile")
