"""Retry tokens: one request, one token."""

import hashlib
import itertools
import os
import subprocess
import sys

import pytest

from handlers.exports import retry_token

EVENT = ("event-1", "ocid1.image.oc1.iad.aaaa", "acme/exports/web.oci", "OCI")
TOKENS = [
    retry_token.for_event(*EVENT),
    retry_token.for_call("call-1"),
    retry_token.for_fallback("token"),
    retry_token.for_fallback(retry_token.for_event(*EVENT)),
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_a_sha256_in_hex_which_compute_takes(token: str) -> None:
    assert len(token) == hashlib.sha256().digest_size * 2 == 64
    int(token, 16)


def test_the_same_event_has_the_same_token() -> None:
    assert retry_token.for_event(*EVENT) == retry_token.for_event(*EVENT)


def test_a_token_is_the_same_in_every_container() -> None:
    code = f"from handlers.exports import retry_token; print(retry_token.for_event(*{EVENT!r}), end='')"
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout == retry_token.for_event(*EVENT)


@pytest.mark.parametrize("position", range(4))
def test_an_event_with_anything_else_in_it_has_another_token(position: int) -> None:
    other = [*EVENT]
    other[position] += "x"
    assert retry_token.for_event(*other) != retry_token.for_event(*EVENT)


def test_moving_text_from_one_part_to_the_next_makes_another_token() -> None:
    assert retry_token.for_event("ab", "c", "d", "e") != retry_token.for_event("a", "bc", "d", "e")
    assert retry_token.for_event("a1", "b", "c", "d") != retry_token.for_event("a", "1b", "c", "d")


def test_two_calls_have_two_tokens() -> None:
    assert retry_token.for_call("call-1") != retry_token.for_call("call-2")


def test_the_fallbacks_token_is_made_of_the_first_and_is_another() -> None:
    assert retry_token.for_fallback("a") == retry_token.for_fallback("a")
    assert len({"a", "b", retry_token.for_fallback("a"), retry_token.for_fallback("b")}) == 4


def test_what_tokens_are_made_for_keeps_them_apart() -> None:
    made = [retry_token.for_call("x"), retry_token.for_fallback("x"), retry_token.for_event("x", "", "", "")]
    assert all(one != other for one, other in itertools.combinations(made, 2))
