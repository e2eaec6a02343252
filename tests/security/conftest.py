"""Hypothesis in two gears: the same examples on every run, or many new ones. And the units' world.

``pytest tests/security --hypothesis-profile=thorough`` looks further than the usual run.
"""

from hypothesis import HealthCheck, settings

from tests.unit.conftest import world

__all__ = ["world"]

# A world is shared by the examples of a test: each is another invocation.
_FINE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "usual", deadline=None, derandomize=True, database=None, max_examples=200, suppress_health_check=_FINE
)
settings.register_profile(
    "thorough", deadline=None, database=None, max_examples=5_000, suppress_health_check=_FINE
)
# "ci" is what Hypothesis takes by itself where CI is set.
if settings.get_current_profile_name() in ("default", "ci"):
    settings.load_profile("usual")
