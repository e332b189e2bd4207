"""What holds for every test."""

from hypothesis import HealthCheck, settings

# How long an example takes is a matter of the machine and of what else runs there: it is no fault.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
