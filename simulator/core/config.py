"""What a server is told at its start, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import msgspec

Pace = Literal["instant", "fast", "realistic"]
Reach = Literal["strict", "local", "private"]
State = Literal["ok", "expired", "banned"]


class BadSetting(Exception):
    """A setting that cannot be used; its text is one line for the terminal."""


class Key(msgspec.Struct, frozen=True):
    """An API key of the key file, which is an account.

    ``wallet`` is in each dialect's own units, for every unit the same number; None is plenty.
    ``slots`` is how many tasks run at once, ``queue`` how many may wait, ``rpm`` creates a minute.
    ``access_key`` and ``secret_key`` are the pair that signs requests of the account, and a key of
    an ``agent_plan`` is for that subscription's paths alone.
    """

    key: str
    dialects: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    wallet: Decimal | None = None
    slots: int | None = None
    queue: int | None = None
    rpm: int | None = None
    state: State = "ok"
    access_key: str | None = None
    secret_key: str | None = None
    agent_plan: bool = False

    def __repr__(self) -> str:
        """All but the secret."""
        shown = [name for name in self.__struct_fields__ if name != "secret_key"]
        return f"Key({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


class Price(msgspec.Struct, frozen=True):
    """What one unit of a model costs upstream; ``with_video`` if it has a reference video.

    ``resolution`` is empty where the price is that of all of them.
    """

    model: str
    unit: str
    usd: Decimal
    source: str
    day: str
    with_video: Decimal | None = None
    resolution: str = ""


# By dialect, then by model and resolution.
Prices = Mapping[str, Mapping[tuple[str, str], Price]]


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a server. ``start`` is simulated milliseconds since 1970."""

    host: str = "127.0.0.1"
    port: int = 8000
    uds: str | None = None
    dialect: str | None = None
    public_url: str | None = None
    trust_proxy: bool = False
    rate: float = 1.0
    start: int | None = None
    freeze: bool = False
    pace: Pace = "fast"
    seed: int | None = None
    fidelity: Literal["documented", "observed"] = "documented"
    keys: tuple[Key, ...] | None = None
    callbacks: Reach = "strict"
    references: Literal["trust", "fetch"] = "trust"
    allow_host: tuple[str, ...] = ()
    clips: Literal["fast", "full"] = "fast"
    cache_dir: str | None = None
    control: Literal["loopback", "open"] = "loopback"
    admin_token: str | None = field(default=None, repr=False)
    ffmpeg: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    defect: tuple[str, ...] = ()
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning"] = "info"
    journal_bytes: int = 64 * 1024 * 1024
    prices: Prices | None = None
    store: str = field(default="memory", repr=False)
    upstream: str | None = None
    keep_links: bool = False
    max_cost: Decimal | None = None
    yes: bool = False
    scenario: str | None = None
    workers: int = 1
    record: str | None = None
    facts_only: bool = False
    replay: str | None = None
    otherwise: Literal["refuse", "simulate"] = "refuse"

    @property
    def made_by(self) -> str:
        """Who decides on all orders of ``dialect`` where this server does not; else empty."""
        if self.upstream is not None:
            return "the upstream"
        return "the recording" if self.replay is not None and self.otherwise == "refuse" else ""
