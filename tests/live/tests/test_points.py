"""What is open can be read without a run."""

import pytest

from tests.live.__main__ import main
from tests.live.points import OTHER_POINTS, POINTS


def test_points_are_shown_without_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--points"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert [point.question for point in (*POINTS, *OTHER_POINTS) if point.question not in told] == []
    assert len(told.splitlines()) == 2 + len(POINTS) + len(OTHER_POINTS)
