"""What the stack in `.deploy` deploys, with the local cloud's values for its variables."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from .oci import Cloud, Statement

FOLDER = Path(__file__).resolve().parents[2] / ".deploy"
# What else a tenancy may need where the condition on the function's OCID does not work.
DOCUMENTED = "_documented"


def document(name: str, **values: object) -> Any:
    """The JSON document of that name, as Terraform's `templatefile` fills it in. Raises KeyError for a
    variable without a value."""
    return json.loads(Template((FOLDER / name).read_text(encoding="utf-8")).substitute(values))


def deployed_statements(*kinds: str) -> list[str]:
    """The policy's statements of these kinds as they stand there; by default all but the wider ones."""
    policy: dict[str, list[str]] = json.loads((FOLDER / "policy.json").read_text(encoding="utf-8"))
    kinds = kinds or tuple(kind for kind in policy if not kind.endswith(DOCUMENTED))
    return [statement for kind in kinds for statement in policy[kind]]


def filled_in(
    statements: Sequence[str], cloud: Cloud, buckets: Iterable[str], records_bucket: str = "records"
) -> list[Statement]:
    """Parsed, those that name the bucket once for each of `buckets`. Raises KeyError for another variable,
    PolicyError for what is no statement."""
    values = {
        "name": cloud.function_group,
        "region": cloud.region,
        "compartment_id": cloud.function_compartment_id,
        "images_compartment_id": cloud.compartment_id,
        "bucket_compartment_id": cloud.bucket_compartment_id,
        "records_bucket": records_bucket,
        "function_id": cloud.function_id,
        "schedule_id": cloud.schedule.id,
    }
    return [
        Statement.parse(Template(statement).substitute(values, bucket=bucket), statement)
        for statement in statements
        for bucket in (sorted(set(buckets)) if "bucket" in Template(statement).get_identifiers() else [""])
    ]
