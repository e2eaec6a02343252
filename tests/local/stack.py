"""The documents that the stack in `.deploy` deploys, with the local cloud's values for its variables."""

import json
from pathlib import Path
from string import Template
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / ".deploy"


def document(name: str, **values: object) -> Any:
    """The JSON document of that name, as Terraform's `templatefile` fills it in.

    Raises KeyError for a variable without a value, ValueError for what is no JSON then.
    """
    return json.loads(Template((FOLDER / name).read_text(encoding="utf-8")).substitute(values))
