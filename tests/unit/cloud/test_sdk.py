"""The SDK is loaded without what a function never uses; whoever uses that after all gets it."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LEFT_OUT = (
    "pkcs11",
    "oci.dns",
    "oci.object_storage",
    "cryptography.x509.name",
    "oci._vendor.chardet.universaldetector",
    "oci._vendor.idna.core",
)
# Modules of the SDK that any import of it loads.
ALWAYS_LOADED = ("*.py", "auth/**/*.py", "retry/*.py", "circuit_breaker/*.py")


def run(program: str) -> list[str]:
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return answer.stdout.split()


def test_the_sdk_is_loaded_without_what_a_function_never_uses() -> None:
    loaded = run("import sys, handlers.cloud; print(*sys.modules)")
    assert "oci.base_client" in loaded
    assert not set(LEFT_OUT) & set(loaded)


@pytest.mark.parametrize(
    "use",
    [
        "import oci; print(callable(oci.pagination.list_call_get_all_results))",
        "from cryptography import x509; print(callable(x509.load_pem_x509_certificate))",
        "from cryptography.x509.oid import NameOID; print(NameOID.COMMON_NAME is not None)",
        "from oci._vendor import chardet; print(chardet.detect(b'text')['encoding'] == 'ascii')",
        "from oci._vendor import idna; print(idna.encode('é.x').startswith(b'xn--'))",
        "import oci.object_storage; print(callable(oci.object_storage.ObjectStorageClient))",
    ],
)
def test_what_is_left_out_is_loaded_by_whoever_uses_it(use: str) -> None:
    assert run(f"import handlers.cloud; {use}") == ["True"]


def test_a_program_that_has_the_whole_sdk_already_keeps_it() -> None:
    program = (
        "import oci, sys; before = oci.pagination; import handlers.cloud;"
        "print(sys.modules['oci.pagination'] is before)"
    )
    assert run(program) == ["True"]


def test_the_version_of_chardet_is_the_one_that_the_sdk_has() -> None:
    program = (
        "import handlers.cloud.sdk as sdk, oci._vendor.chardet as chardet; chardet.detect(b'');"
        "import sys; print(sys.modules[chardet.__name__].__version__ == sdk.CHARDET_VERSION)"
    )
    assert run(program) == ["True"]


def test_the_sdk_itself_only_imports_pagination_and_names_it_once() -> None:
    folder = Path(str(find_spec("oci").origin)).parent  # type: ignore[union-attr]
    uses = [
        f"{path.relative_to(folder)}: {line.strip()}"
        for pattern in ALWAYS_LOADED
        for path in folder.glob(pattern)
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bpagination\b", line) and not line.strip().startswith(("#", "__all__", '"'))
    ]
    (use,) = uses
    assert re.fullmatch(r"__init__\.py: from \. import .*\bpagination, .*", use)
