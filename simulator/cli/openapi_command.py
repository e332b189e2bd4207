"""The command ``openapi``: the document of a dialect, or of the control plane, as JSON."""

import asyncio
import json
import sys

from simulator.core.config import BadSetting
from simulator.core.near_misses import near
from simulator.dialects import NAMES, faithful
from simulator.openapi import dialect, plane

CONTROL = "control"
BASE = "http://127.0.0.1:8000"


def openapi(name: str, base_url: str = BASE, fidelity: str = "documented") -> int:
    """Print a document; a BadSetting where there is none of this name."""
    if name != CONTROL and name not in NAMES:
        known = (*NAMES, CONTROL)
        hint = near(name, known) or f"there are {', '.join(known)}"
        raise BadSetting(f"NAME: no dialect is called {name[:60]!r}: {hint}")
    observed = fidelity == "observed"
    if name == CONTROL:
        made = asyncio.run(plane.document(base_url))
    else:
        made = asyncio.run(dialect.document(faithful(name, observed), base_url, observed))
    sys.stdout.write(json.dumps(made, indent=2) + "\n")
    return 0
