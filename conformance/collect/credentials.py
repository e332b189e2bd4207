"""Credentials: the run's own key, the others it needs, and the bad ones."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

SIMULATED = {
    "wrong": "sk-sim-invalid",
    "broke": "sk-sim-broke",
    "limited": "sk-sim-limited",
    "nogroup": "sk-sim-nogroup",
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """The keys of a run."""

    key: str
    second: str | None = None
    simulated: bool = False
    clean: str = ""

    def headers(self, auth: str) -> Mapping[str, str]:
        """The header of some credentials."""
        match auth:
            case "missing" | "none" | "signed":  # a signature is of the whole call
                return {}
            case "empty":
                return {"Authorization": "Bearer "}
            case "scheme":
                pair = base64.b64encode(b"someone:something").decode()
                return {"Authorization": f"Basic {pair}"}
            case "second":
                return {"Authorization": f"Bearer {self.second}"}
            case "clean":
                return {"Authorization": f"Bearer {self.clean or self.key}"}
            case "key":
                return {"Authorization": f"Bearer {self.key}"}
            case "bare" | "lower" | "unprefixed" | "channelled" | "x-api-key" | "mj-api-secret":
                return self.written(auth)
            case _:
                return {"Authorization": f"Bearer {self.other(auth)}"}

    def written(self, auth: str) -> Mapping[str, str]:
        """The run's own key, written in a way that some gateways know and others do not."""
        key = self.key
        return {
            "bare": {"Authorization": key},
            "lower": {"Authorization": f"bearer {key}"},
            "unprefixed": {"Authorization": f"Bearer {key.removeprefix('sk-')}"},
            "channelled": {"Authorization": f"Bearer {key}-7"},
            "x-api-key": {"x-api-key": key},
            "mj-api-secret": {"mj-api-secret": key},
        }[auth]

    def other(self, auth: str) -> str:
        """A key that is nobody's, or what the simulator keeps for the purpose."""
        if self.simulated:
            return SIMULATED[auth]
        return "sk-" + hashlib.sha256(b"no such key").hexdigest()[:48]

    @property
    def stranger(self) -> str:
        """An access key that nobody has."""
        if self.simulated:
            return SIMULATED["wrong"]
        return "AKLT" + hashlib.sha256(b"no such access key").hexdigest()[:43]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no report may show."""
        return tuple(each for each in (self.key, self.second, self.clean) if each)


def fresh(run: str, seed: int = 0) -> Accounts:
    """Accounts of a simulator that nobody else uses: for the same run always the same."""
    made = [
        "sk-conf-" + hashlib.sha256(f"{run}/{seed}/{name}".encode()).hexdigest()[:24]
        for name in ("own", "second", "clean")
    ]
    return Accounts(made[0], made[1], True, made[2])
