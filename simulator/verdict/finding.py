"""What is found about a client: a sentence, the calls that show it, and how to mend it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Finding:
    """``calls`` are the numbers of exchanges in the journal.

    An error costs money or a clip, or never ends; a warning is hard on the service or wasteful; an
    info is no fault of the client, or cannot be told from what a correct one does.
    """

    id: str
    severity: Severity
    title: str
    fix: str
    calls: tuple[int, ...]
