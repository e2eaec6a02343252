"""`.dockerignore` lets the function into the image, and nothing else."""

from pathlib import Path

from tests.deployment.build import CHECKOUT, added


def test_a_file_that_lies_about_stays_out_of_the_image(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text((CHECKOUT / ".dockerignore").read_text(encoding="utf-8"))
    kept = ["func.py", "requirements.txt", "handlers/__init__.py", "handlers/ca-bundle.pem"]
    kept += [".pip_cache/oci.whl"]
    dropped = [".git/config", ".env", "key.pem", "tests/x.py", "README.md", "func.yaml", "node/handlers/x.py"]
    dropped += [
        ".deploy/main.tf",
        "handlers/__pycache__/x.pyc",
        "handlers/cloud/__pycache__/x.pyc",
        "Dockerfile-fn-tmp1",
    ]
    for name in (*kept, *dropped):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    assert added(tmp_path) == set(kept)
