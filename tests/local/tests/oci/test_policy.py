"""The policy: how statements are read, and what they let somebody do."""

import re

import pytest

from ...oci import PolicyError, Statement, errors
from ...oci.policy import GRANTED_BY, VERBS, Policy, Principal, Target, dynamic_group

FUNCTION = Principal("fnfunc", "ocid1.fnfunc.oc1.phx.me", frozenset({dynamic_group("exporters")}))
USER = Principal("user", "ocid1.user.oc1..me", administrator=True)
HERE = Target(frozenset({"images", "tenancy"}), errors.not_found("image"))
OBJECT = Target(
    frozenset({"images", "tenancy"}),
    errors.bucket_not_found("n", "b"),
    {"target.bucket.name": "Images", "target.object.name": "records/2026/a.json"},
    "new",
)
GET_IMAGE = "Allow dynamic-group exporters to inspect instance-images in compartment id images"
PUT = "Allow dynamic-group exporters to manage objects in compartment id images where "


def allowed(
    *statements: str, who: Principal = FUNCTION, operation: str = "GetImage", target: Target = HERE
) -> bool:
    return Policy([Statement.parse(statement) for statement in statements]).allows(who, operation, target)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (GET_IMAGE, True),
        (f"  {GET_IMAGE.replace(' ', '  ')}\n", True),
        ("allow DYNAMIC-GROUP exporters TO INSPECT instance-images IN TENANCY", True),
        ("Allow dynamic-group others to inspect instance-images in tenancy", False),
        ("Allow any-user to inspect instance-images in tenancy", True),
        ("Allow service cloudEvents to inspect instance-images in tenancy", False),
        ("Allow any-user to inspect instance-images in compartment id buckets", False),
        ("Allow any-user to inspect instances in tenancy", False),
        ("Allow any-user to manage object-family in tenancy", False),
    ],
)
def test_a_statement_is_for_somebody_something_and_somewhere(statement: str, expected: bool) -> None:
    assert allowed(statement) is expected


@pytest.mark.parametrize("permission", GRANTED_BY)
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_brings_what_the_lesser_ones_bring(permission: str, verb: str) -> None:
    resource_type, least = GRANTED_BY[permission]
    statement = Statement.parse(f"Allow any-user to {verb} {resource_type} in tenancy")
    granted = statement.grants(permission, FUNCTION, HERE.compartments, {})
    assert granted is (VERBS.index(verb) >= VERBS.index(least))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("request.operation = 'GetObject'", False),
        ("request.permission='OBJECT_CREATE'", True),
        ("request.permission='OBJECT_OVERWRITE'", False),
        ("target.bucket.name='images'", True),
        ("target.object.name='records'", False),
        ("target.image.name=''", False),
        ("all {target.bucket.name='images', request.operation='PutObject'}", True),
        ("all {target.bucket.name='images', request.operation='GetObject'}", False),
        ("any{target.bucket.name='other',request.operation='PutObject'}", True),
        ("any {target.bucket.name='other', request.operation='GetObject'}", False),
        ("all {target.bucket.name='images', any {request.permission='A', request.permission='B'}}", False),
        ("any {all {target.bucket.name='x'}, all {request.permission='OBJECT_CREATE'}}", True),
        ("request.principal.type='FnFunc'", True),
        ("request.principal.id='ocid1.fnfunc.oc1.phx.other'", False),
    ],
)
def test_a_condition_looks_at_the_request(condition: str, expected: bool) -> None:
    assert allowed(PUT + condition, operation="PutObject", target=OBJECT) is expected


@pytest.mark.parametrize(
    "statement",
    [
        "read buckets in tenancy",
        "Allow everybody to read buckets in tenancy",
        "Allow any-user to look buckets in tenancy",
        "Allow any-user to read pails in tenancy",
        "Allow any-user to read buckets in compartment images",
        "Allow any-user to read buckets",
        "Allow any-user to read buckets in compartment id $COMPARTMENT_ID",
        PUT + "target.bucket.name=images",
        PUT + "target.bucket.name='im*'",
        PUT + "target.bucket.name!='a'",
        PUT + "target.bucket.name='a' and target.bucket.name='b'",
        PUT + "all {target.bucket.name='a'",
        PUT + "all {target.bucket.name='a'}}",
        PUT + "some {target.bucket.name='a'}",
    ],
)
def test_a_statement_in_a_wrong_form_is_named(statement: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(statement)):
        Statement.parse(statement)


@pytest.mark.parametrize("missing", [0, 1])
def test_all_permissions_are_needed_and_may_come_from_several_statements(missing: int) -> None:
    statements = [PUT + "request.permission='OBJECT_CREATE'", "Allow any-user to use objects in tenancy"]
    target = OBJECT._replace(case="")
    assert allowed(*statements, operation="CreateMultipartUpload", target=target)
    del statements[missing]
    assert not allowed(*statements, operation="CreateMultipartUpload", target=target)


def test_no_policy_binds_users_or_reaches_another_tenancy_and_none_binds_nobody() -> None:
    elsewhere = HERE._replace(compartments=frozenset())
    assert not allowed("Allow any-user to manage instance-images in tenancy", target=elsewhere)
    assert allowed(who=USER)
    assert not allowed()
    assert Policy(None).allows(FUNCTION, "GetImage", HERE)
    with pytest.raises(ValueError, match="no statement"), Policy([]).without("exporters"):
        pass
    with pytest.raises(KeyError):  # an operation without permissions is a bug of the emulator
        Policy(None).allows(USER, "DeleteImage", HERE)
