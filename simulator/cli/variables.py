"""The environment variables that are the simulator's own, and the mistakes in their names."""

import re
from collections.abc import Mapping, Set

from simulator.core.config import BadSetting

# What Kubernetes and linked containers set for a service that is itself called seedance-sim.
_SERVICE = re.compile(r"SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP)(_\w+)?|(ENV_\w+|NAME)")
_SERVICE_PORT = re.compile(r"(tcp|udp)://")


def own(environment: Mapping[str, str], prefix: str, known: Set[str]) -> dict[str, str]:
    """The variables with the prefix; BadSetting names the nearest to one that is not known."""
    found = {}
    for name, value in environment.items():
        if not name.startswith(prefix) or _SERVICE.fullmatch(name.removeprefix(prefix)):
            continue
        if name not in known:
            raise BadSetting(f"{name}: there is no such setting{_nearest(name, prefix, known)}")
        if not _SERVICE_PORT.match(value):
            found[name] = value
    return found


def _nearest(name: str, prefix: str, known: Set[str]) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    words = sorted(one.removeprefix(prefix) for one in known)
    near = get_close_matches(name.removeprefix(prefix)[:60], words, 1, 0.6)
    return (
        f"; did you mean {prefix}{near[0]}?" if near else "; seedance-sim serve --help lists them"
    )
