"""The deployed policy binds the function on the local platform."""

from pathlib import Path

import httpx
import pytest

from ..oci import EVENTS, Cloud, PolicyError
from ..platform import ALLOWED_BUCKET, LocalPlatform
from ..policy_statements import deployed_statements, filled_in

ECHO = Path(__file__).parent / "functions" / "echo"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def test_variables_get_the_clouds_values(cloud: Cloud) -> None:
    source = "Allow any-user to read buckets in compartment id ${bucket_compartment_id}"
    (statement,) = filled_in([source], cloud, ["a", "b"])
    assert statement.text.endswith(cloud.bucket_compartment_id)
    assert statement.source == source


def test_a_statement_about_the_bucket_stands_for_each(cloud: Cloud) -> None:
    source = "Allow any-user to read buckets in tenancy where target.bucket.name='${bucket}'"
    assert [each.text[-3:] for each in filled_in([source], cloud, ["b", "a"])] == ["'a'", "'b'"]


def test_what_cant_be_filled_in_or_read_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(KeyError, match="elsewhere"):
        filled_in(["Allow any-user to read buckets in compartment id ${elsewhere}"], cloud, [])
    with pytest.raises(PolicyError, match="to see"):
        filled_in(["Allow any-user to see buckets in tenancy"], cloud, [])


def test_by_default_all_statements_that_are_deployed_hold(tmp_path: Path) -> None:
    platform = LocalPlatform(tmp_path, config={"EXPORT_RECORDS": "axexampleexam/records/here"})
    statements = platform.cloud.policy.statements or []
    assert {each.source for each in statements} == set(deployed_statements())
    for bucket in (platform.cloud.bucket, ALLOWED_BUCKET, "records"):
        assert any(f"target.bucket.name='{bucket}'" in each.text for each in statements)


def test_others_may_hold_or_none(tmp_path: Path) -> None:
    assert LocalPlatform(tmp_path, policy=[]).cloud.policy.statements == []
    assert LocalPlatform(tmp_path, policy=None).cloud.policy.statements is None


def test_events_and_the_gateway_call_only_with_the_right_to(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path, code=ECHO, policy=[]) as platform:
        assert not platform.cloud.may_invoke(EVENTS)
        assert not platform.deliver({})
        assert platform.deliveries[0].invocation.status == 404
        assert httpx.get(f"{platform.gateway.url}/openapi.json").status_code == 404
        assert not platform.host.logs
        platform.cloud.policy.statements = None
        assert platform.deliver({})
        assert httpx.get(f"{platform.gateway.url}/openapi.json").status_code == 200
