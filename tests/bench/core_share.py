"""A share of a core for a container, by control groups, as far as this machine lets them be written."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_V1 = Path("/sys/fs/cgroup/cpu")
_V2 = Path("/sys/fs/cgroup")
_PERIOD_US = 100_000


@contextmanager
def share_of_a_core(share: float) -> Iterator[tuple[str, ...] | None]:
    """What to put before a command so that it gets that share; None where the machine doesn't let us.

    A share of 1 or more is no limit.
    """
    if share >= 1:
        yield ()
        return
    group = _make_group(round(share * _PERIOD_US))
    if group is None:
        yield None
        return
    try:
        yield ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "launch")
    finally:
        group.rmdir()


def _make_group(quota_us: int) -> Path | None:
    version_1 = (_V1 / "cpu.cfs_quota_us").exists() or (_V1 / "cpu.cfs_period_us").exists()
    try:
        group = Path(tempfile.mkdtemp(prefix="bench-", dir=_V1 if version_1 else _V2))
    except OSError:
        return None
    try:
        if version_1:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (group / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
    except OSError:
        group.rmdir()
        return None
    return group
