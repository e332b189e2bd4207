"""What a report may show: keys are taken out, signatures become hashes that are always the same."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

SECRET = re.compile(
    r"(?P<head>[?&;](?:[\w.-]*(?:signature|credential|accesskeyid|access_key|token|secret)|sig)=)"
    r"(?P<value>[^&#\s\"'<>\\]+)",
    re.IGNORECASE,
)
BEARER = re.compile(r"(Bearer\s+)\S+", re.IGNORECASE)
DROPPED = frozenset({"set-cookie", "cookie", "authorization", "proxy-authorization"})


class Redactor:
    """Takes the given secrets out of whatever is written down."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = sorted({each for each in secrets if len(each) > 3}, key=len, reverse=True)

    def text(self, value: str) -> str:
        """The text without keys, and with hashes for signatures."""
        value = value if value.isascii() else value.encode("utf-8", "replace").decode()
        for secret in self._secrets:
            value = value.replace(secret, "[key]")
        return SECRET.sub(hashed, value) if "=" in value else value

    def value(self, value: Any) -> Any:
        """The same for every string in a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers in small letters, without credentials."""
        named = ((name.lower(), value) for name, value in headers.items())
        return {
            name: BEARER.sub(r"\1[key]", self.text(value)) if name not in DROPPED else "[hidden]"
            for name, value in named
        }


def hashed(found: re.Match[str]) -> str:
    """A secret of a link as a hash of the same form: hexadecimal stays hexadecimal."""
    value = found["value"]
    digest = hashlib.sha256(value.encode()).hexdigest()
    return found["head"] + (
        digest[: len(value)] if re.fullmatch(r"[0-9a-f]+", value) else digest[:16]
    )
