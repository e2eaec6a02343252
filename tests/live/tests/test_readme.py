"""The README's open points are those that the run looks at."""

from pathlib import Path

from tests.live.points import POINTS

README = Path(__file__).resolve().parents[3] / "README.md"


def test_each_open_point_of_the_readme_is_in_the_table() -> None:
    rows = README.read_text(encoding="utf-8").partition("| open point | assumed |\n")[2].partition("\n\n")[0]
    questions = [row.strip("| ").split(" | ")[0] for row in rows.splitlines()[1:]]
    assert len(questions) >= 6
    assert set(questions) <= {point.question for point in POINTS}
