"""What holds for every test."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, settings

from tests.patience import PatientLoop

# How long an example takes is a matter of the machine and of what else runs there: it is no fault.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Which examples there are is a matter of the test: a commit is as good each time it is tried.
# Others are looked for by `pytest --hypothesis-profile unhurried`.
settings.register_profile("repeated", settings.get_profile("unhurried"), derandomize=True)
settings.load_profile("repeated")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Nor is it one how long a test stands still."""
    return {"patient": PatientLoop}
