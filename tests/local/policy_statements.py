"""The policy that the README deploys, with the local cloud's values for the shell's variables."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt

from .oci import Cloud, Statement

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = "policy-statements.json"


def readme_statements(readme: Path = README) -> list[str]:
    """As they stand there, in all blocks whose info string ends with `policy-statements.json`."""
    tokens = MarkdownIt().parse(readme.read_text(encoding="utf-8"))
    blocks = [token for token in tokens if token.type == "fence" and token.info.strip().endswith(BLOCKS)]
    return [str(statement) for block in blocks for statement in json.loads(block.content)]


def filled_in(statements: Sequence[str], cloud: Cloud, buckets: Iterable[str]) -> list[Statement]:
    """Parsed, those that name the bucket once for each of `buckets`. Raises KeyError for another variable,
    PolicyError for what is no statement."""
    values = {
        "REGION": cloud.region,
        "TENANCY_ID": cloud.tenancy_id,
        "COMPARTMENT_ID": cloud.function_compartment_id,
        "IMAGES_COMPARTMENT_ID": cloud.compartment_id,
        "BUCKET_COMPARTMENT_ID": cloud.bucket_compartment_id,
        "FUNCTION_ID": cloud.function_id,
        "SCHEDULE_ID": "ocid1.resourceschedule.oc1..none",
    }
    return [
        Statement.parse(Template(statement).substitute(values, BUCKET=bucket), statement)
        for statement in statements
        for bucket in (sorted(set(buckets)) if "BUCKET" in Template(statement).get_identifiers() else [""])
    ]
