"""Flags and environment variables in, one frozen ``Config`` out."""

import os
from collections.abc import Mapping
from typing import Any

from simulator.cli import variables
from simulator.cli.flags import EVERY, PREFIX, SERVE, Flag
from simulator.core.config import BadSetting, Config

__all__ = ["BadSetting", "collect", "configure", "environment"]

# Settings that say something of an upstream, beside the two that can be one.
UPSTREAM = ("keep_links", "max_cost", "yes", "record", "facts_only")


def collect(
    flags: tuple[Flag, ...],
    given: Mapping[str, str | list[str] | None],
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """The values of the settings that were made; a flag wins over its variable."""
    known = {flag.variable for flag in EVERY}
    environment = variables.own(environment, PREFIX, known)
    values = {}
    for flag in flags:
        where, text = f"--{flag.name}", given.get(flag.field)
        if text is None:
            where, text = flag.variable, environment.get(flag.variable) or None
        if isinstance(text, list):
            text = ",".join(text)
        if text is not None:
            values[flag.setting or flag.field] = _read(flag, where, text)
    return values


def _read(flag: Flag, where: str, text: str) -> Any:
    try:
        if not text:
            raise ValueError("must not be empty")
        return flag.read(text)
    except ValueError as error:
        raise BadSetting(f"{where}: {error}") from None


def configure(
    given: Mapping[str, str | list[str] | None], environment: Mapping[str, str]
) -> Config:
    """What ``serve`` was asked for."""
    config = Config(**collect(SERVE, given, environment))
    if config.tls_key is not None and config.tls_cert is None:
        raise BadSetting("--tls-key: needs --tls-cert")
    _check_upstream(config)
    if config.workers > 1:
        _shareable(config)
    return config


def _check_upstream(config: Config) -> None:
    """BadSetting where settings of an upstream have nothing that they could be of."""
    given = {name for name in UPSTREAM if getattr(config, name) not in (None, False)}
    if config.upstream is None:
        for name in sorted(given):
            raise BadSetting(f"--{name.replace('_', '-')}: needs --upstream")
    if config.replay is None:
        if config.otherwise != "refuse":
            raise BadSetting("--else: needs --replay")
    elif config.upstream is not None:
        raise BadSetting("--replay: answers in the place of --upstream; give one of them")
    if config.dialect is None and (config.upstream or config.replay):
        name = "--replay" if config.replay else "--upstream"
        raise BadSetting(f"{name}: needs --dialect, which it speaks")


def _shareable(config: Config) -> None:
    """Refuse several workers where they would not be one simulator."""
    if config.store == "memory":
        why = "each would have tasks of its own in --store memory; use sqlite:PATH or valkey://HOST:PORT/N"
        raise BadSetting(f"--workers: {why}")
    if config.replay is not None:
        raise BadSetting("--replay: it is answered from by one process: --workers 1")
    if config.upstream is not None:
        raise BadSetting("--upstream: its budget and recording are of one process: --workers 1")
    if not hasattr(os, "fork"):  # pragma: no cover - Windows
        raise BadSetting("--workers: this system cannot share a socket among processes")


def environment() -> Mapping[str, str]:
    """The variables of this process."""
    return os.environ
