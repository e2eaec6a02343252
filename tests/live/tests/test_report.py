"""The table for an issue: every open point, without secrets."""

import pytest

from tests.live.points import BY_NAME, POINTS, RESOURCES, Findings
from tests.live.report import shortened, table


def test_each_open_point_has_a_row() -> None:
    findings = Findings()
    findings.seen(BY_NAME, "yes", as_assumed=True)
    rows = table(findings).splitlines()
    assert len(rows) == 2 + len(POINTS)
    assert rows[2].endswith("| yes | *confirmed* |")
    assert all(row.endswith("| the run did not get there | *not seen* |") for row in rows[3:])


def test_what_was_seen_is_not_overwritten_by_what_was_not() -> None:
    findings = Findings()
    findings.not_seen(BY_NAME, "too early")
    findings.seen(BY_NAME, "no", as_assumed=False)
    findings.not_seen(BY_NAME, "too late")
    assert findings[BY_NAME] == ("no", "different")


def test_a_cell_stays_a_cell() -> None:
    findings = Findings()
    findings.seen(RESOURCES, "a|b\nc", as_assumed=True)
    assert "| a\\|b c | *confirmed* |" in table(findings)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("of ocid1.image.oc1.phx.aaaaaaaaxyz123456, and", "of ocid1.image…123456, and"),
        ("ocid1.tenancy.oc1..aaaaaaaaxyz123456", "ocid1.tenancy…123456"),
        ("ocid1.instance.oc1.eu-frankfurt-1.ad1.aaaaaaaaxyz123456", "ocid1.instance…123456"),
        ("PUT https://h/p/s3cr3t_t-k3n/n/ns/b/bucket/o/x", "PUT https://h/p/…/n/ns/b/bucket/o/x"),
        ("keyId=ST$eyJhbGciOi.eyJzdWIi.c2ln", "keyId=…"),
        ('Signature keyId="a/b/c",signature="c2ln"', 'Signature keyId="…",signature="…"'),
        ("409 IncorrectState", "409 IncorrectState"),
    ],
)
def test_ocids_are_shortened_and_secrets_left_out(text: str, short: str) -> None:
    assert shortened(text) == short
