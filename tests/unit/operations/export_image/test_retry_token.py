"""Retry tokens: one request, one token."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handlers.operations.export_image import retry_token

EVENT = ("event-1", "ocid1.image.oc1.iad.aaaa", "acme/exports/web.oci", "OCI")
FALLBACK = ("token", *EVENT[1:])
TOKENS = [
    retry_token.for_event(*EVENT),
    retry_token.for_call("call-1"),
    retry_token.for_fallback(*FALLBACK),
    retry_token.for_record("token"),
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_a_sha256_in_hex_which_compute_takes(token: str) -> None:
    assert len(token) == 64
    int(token, 16)


def test_a_token_is_the_same_in_every_container() -> None:
    code = f"from handlers.operations.export_image import retry_token as r; print(r.for_event(*{EVENT!r}))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == retry_token.for_event(*EVENT)


@pytest.mark.parametrize("position", range(4))
def test_whatever_is_another_makes_another_token(position: int) -> None:
    event, fallback = [*EVENT], [*FALLBACK]
    event[position] += "x"
    fallback[position] += "x"
    assert retry_token.for_event(*event) != retry_token.for_event(*EVENT)
    assert retry_token.for_fallback(*fallback) != retry_token.for_fallback(*FALLBACK)


def test_moving_text_from_one_part_to_the_next_makes_another_token() -> None:
    assert retry_token.for_event("ab", "c", "d", "e") != retry_token.for_event("a", "bc", "d", "e")
    assert retry_token.for_event("a1", "b", "c", "d") != retry_token.for_event("a", "1b", "c", "d")


def test_what_tokens_are_made_for_keeps_them_apart() -> None:
    made = [
        "x",
        retry_token.for_call("x"),
        retry_token.for_call("y"),
        retry_token.for_record("x"),
        retry_token.for_event("x", "", "", ""),
        retry_token.for_fallback("x", "", "", ""),
    ]
    assert all(one != other for one, other in itertools.combinations(made, 2))


def test_a_short_name_of_a_token_is_no_part_of_it() -> None:
    short = retry_token.short("token-of-a-caller")
    assert len(short) == 16
    assert short not in retry_token.for_call("token-of-a-caller")
    assert "token" not in short
