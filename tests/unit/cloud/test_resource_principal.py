"""The function's resource principal, from the platform's files."""

from pathlib import Path

import pytest

from handlers.cloud.session import resource_principal
from handlers.errors import Misconfigured
from tests.unit.cloud.conftest import REGION


def test_the_principal_is_read_from_the_files_that_the_environment_names(credentials: Path) -> None:
    signer = resource_principal()
    assert signer.region == REGION
    assert signer.api_key == "ST$" + (credentials / "rpst").read_text(encoding="ascii")


def test_without_the_platform_there_is_none_and_the_error_says_so() -> None:
    with pytest.raises(Misconfigured, match="resource principal can't be read"):
        resource_principal()


@pytest.mark.parametrize("name", ["rpst", "private.pem"])
def test_a_missing_file_is_a_misconfiguration(name: str, credentials: Path) -> None:
    (credentials / name).unlink()
    with pytest.raises(Misconfigured):
        resource_principal()


@pytest.mark.parametrize("name", ["rpst", "private.pem"])
def test_a_file_that_cannot_be_read_is_a_misconfiguration_that_does_not_quote_it(
    name: str, credentials: Path
) -> None:
    (credentials / name).write_text("c2VjcmV0LXdvcmRz", encoding="ascii")
    with pytest.raises(Misconfigured) as raised:
        resource_principal()
    assert "c2VjcmV0LXdvcmRz" not in raised.value.message
