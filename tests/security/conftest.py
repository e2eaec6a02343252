"""Hypothesis in two gears: the same examples on every run, or many new ones.

``pytest tests/security --hypothesis-profile=thorough`` looks further than the usual run.
"""

from hypothesis import HealthCheck, settings

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.filter_too_much]

settings.register_profile(
    "usual",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=200,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "thorough", deadline=None, database=None, max_examples=5_000, suppress_health_check=_SLOW_IS_FINE
)
if settings.get_current_profile_name() == "default":
    settings.load_profile("usual")
