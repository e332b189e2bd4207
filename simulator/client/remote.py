"""Asks the control plane of a running server, wherever it is."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 60.0


class Unreachable(Exception):
    """There is no server, or one that is no simulator, or it does not answer us."""


class Refused(Exception):
    """A control call that was wrong; its text names the field."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A server by its address, of which only scheme, host and port count."""

    base: str
    token: str | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, object] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """The JSON of an answer under ``/_sim``."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"/_sim{path}?{urlencode(given)}" if given else f"/_sim{path}"
        raw = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        status, text = self.fetch(method, target, raw, headers, timeout)
        try:
            found = json.loads(text)
        except ValueError:
            raise Unreachable(f"{self.base} is no simulator") from None
        if status == 400:
            raise Refused(found["error"]["message"])
        if status >= 300:
            error = found.get("error") if isinstance(found, dict) else None
            why = error.get("message") if isinstance(error, dict) else f"status {status}"
            raise Unreachable(f"{self.base}: {why}")
        return found

    def fetch(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> tuple[int, bytes]:
        """Status and body of the answer to one request."""
        parts = urlsplit(self.base)
        secure = parts.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        try:
            line = make(parts.hostname or "", parts.port, timeout=timeout)
            try:
                line.request(method, target, body, dict(headers or {}))
                answer = line.getresponse()
                return answer.status, answer.read()
            finally:
                line.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{self.base} cannot be reached: {error}") from None
