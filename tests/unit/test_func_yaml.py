"""``func.yaml`` as the contract has it. ``fn deploy`` rewrites the file, so it holds nothing to lose."""

from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[2]
TEXT = (CHECKOUT / "func.yaml").read_text(encoding="utf-8")


def test_the_function_is_described_as_the_platform_needs_it() -> None:
    described = yaml.safe_load(TEXT)
    version = described.pop("version")  # fn deploy counts it up
    assert [part.isdecimal() for part in version.split(".")] == [True, True, True]
    assert described == {
        "schema_version": 20180708,
        "name": "image-export",
        "runtime": "python3.11",
        "entrypoint": "/python/bin/fdk /function/func.py handler",
        "memory": 256,
        "timeout": 120,
    }


def test_there_is_no_comment_that_deploying_would_lose() -> None:
    assert "#" not in TEXT


def test_the_entry_point_is_in_the_file_that_is_named() -> None:
    _, path, name = yaml.safe_load(TEXT)["entrypoint"].split()
    assert f"import {name}" in (CHECKOUT / Path(path).name).read_text(encoding="utf-8")
