"""Flags and environment variables in, one frozen ``Config`` out."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cli import variables
from simulator.cli.values import (
    base_url,
    defects,
    dialect,
    ffmpeg,
    file,
    folder,
    hosts,
    key_file,
    one_of,
    price_file,
    public_url,
    rate,
    start,
    store,
    switch,
    text,
    token,
    usd,
    whole,
)
from simulator.core.config import BadSetting, Config

__all__ = [
    "DEMO",
    "DRIFT",
    "OPENAPI",
    "SCENARIO",
    "SERVE",
    "VERDICT",
    "BadSetting",
    "Flag",
    "collect",
    "configure",
    "environment",
]

PREFIX = "SEEDANCE_SIM_"
# Settings that say something of an upstream, beside the two that can be one.
UPSTREAM = ("keep_links", "max_cost", "yes", "record", "facts_only")


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting as the command line, the environment and ``--help`` know it.

    ``read`` turns the text into the value, or raises a ValueError that completes the sentence
    which begins with the setting's name. Of ``many``, those of one text stand between commas.
    ``setting`` is what ``Config`` calls it, where that is not its name.
    """

    name: str
    read: Callable[[str], Any]
    help: str
    metavar: str = ""
    switch: bool = False
    many: bool = False
    setting: str = ""

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        return PREFIX + self.field.upper()


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


SERVE: tuple[Flag, ...] = (
    Flag("host", text, "address to listen on (127.0.0.1)", "HOST"),
    Flag("port", whole(0, 65535), "port to listen on, 0 for a free one (8000)", "PORT"),
    Flag("uds", text, "Unix socket to listen on in the place of host and port", "PATH"),
    Flag("dialect", dialect, "dialect to mount at the root too", "NAME"),
    Flag("public-url", public_url, "scheme, host and path to write into links", "URL"),
    Flag(
        "trust-proxy",
        switch,
        "believe X-Forwarded-Proto, -Host, -Prefix and -For",
        switch=True,
    ),
    Flag("rate", rate, "simulated seconds per real second (1)", "N"),
    Flag("start", start, "time at which the simulation begins (now)", "ISO-8601"),
    Flag("freeze", switch, "let time pass only when it is asked to", switch=True),
    Flag(
        "pace",
        one_of("instant", "fast", "realistic"),
        "how long tasks take: at once, 4 seconds or minutes (fast)",
        "instant|fast|realistic",
    ),
    Flag("seed", whole(0, 2**64 - 1), "seed of ids, links and clips (drawn)", "N"),
    Flag(
        "fidelity",
        one_of("documented", "observed"),
        "do what the documents say, or what live services do (documented)",
        "documented|observed",
    ),
    Flag("keys", key_file, "TOML file of the keys to serve (any key)", "FILE"),
    Flag(
        "callbacks",
        one_of("strict", "local", "private"),
        "callback addresses: public ones, loopback too, or private networks too (strict)",
        "strict|local|private",
    ),
    Flag(
        "references",
        one_of("trust", "fetch"),
        "links in orders: believe in them, or fetch and measure them (trust)",
        "trust|fetch",
    ),
    Flag(
        "allow-host",
        hosts,
        "host to fetch from and to call back wherever it is (repeat)",
        "HOST",
        many=True,
    ),
    Flag(
        "clips",
        one_of("fast", "full"),
        "clips from a picture and slices, or every frame through x264 (fast)",
        "fast|full",
    ),
    Flag("cache-dir", folder, "folder that keeps parts of clips between runs", "DIR"),
    Flag(
        "control",
        one_of("loopback", "open"),
        "who may use /_sim: loopback clients or all (loopback)",
        "loopback|open",
    ),
    Flag("prices", price_file, "TOML list of prices in dollars (the shipped one)", "FILE"),
    Flag(
        "store", store, "where tasks are kept (memory)", "memory|sqlite:PATH|valkey://HOST:PORT/N"
    ),
    Flag("upstream", public_url, "real endpoint to pass the calls of --dialect on to", "URL"),
    Flag("keep-links", switch, "leave the links of the upstream as they are", switch=True),
    Flag("max-cost", usd, "dollars that orders passed on may cost together", "USD"),
    Flag("yes", switch, "let faults spoil answers to orders that are paid for", switch=True),
    Flag("scenario", file, "TOML file of keys, plans, faults, clock and pace", "FILE"),
    Flag("workers", whole(1, 64), "processes that serve one store together (1)", "N"),
    Flag("record", text, "file that keeps what the upstream says, without secrets", "FILE"),
    Flag("facts-only", switch, "record digests of clips in the place of clips", switch=True),
    Flag("replay", file, "recording to answer the calls of --dialect from", "FILE"),
    Flag(
        "else",
        one_of("refuse", "simulate"),
        "what nothing recorded answers: say so (501), or simulate it (refuse)",
        "refuse|simulate",
        setting="otherwise",
    ),
    Flag("defect", defects, "fault that every account has for ever (repeat)", "NAME", many=True),
    Flag("admin-token", token, "bearer token that /_sim then asks for", "TOKEN"),
    Flag("ffmpeg", ffmpeg, "ffmpeg to use instead of the installed one", "PATH"),
    Flag("tls-cert", file, "certificate chain (PEM): serve HTTPS", "FILE"),
    Flag("tls-key", file, "private key of the certificate (PEM)", "FILE"),
    Flag(
        "journal-bytes",
        whole(0, 2**40),
        "memory for the journal of exchanges (67108864)",
        "N",
    ),
    Flag("log-format", one_of("text", "json"), "form of the log on stderr (text)", "text|json"),
    Flag(
        "log-level",
        one_of("debug", "info", "warning"),
        "orders and refusals, polls and downloads too, or neither (info)",
        "debug|info|warning",
    ),
)

DEMO: tuple[Flag, ...] = (
    Flag("out", text, "folder for the clips (./seedance-demo)", "FOLDER"),
    Flag("dialect", dialect, "only this dialect", "NAME"),
)


DRIFT: tuple[Flag, ...] = (
    Flag(
        "fidelity",
        one_of("documented", "observed"),
        "compare with what the documents say, or live services do (documented)",
        "documented|observed",
    ),
    Flag("json", switch, "print JSON", switch=True),
    Flag("html", text, "write a page that shows the same", "FILE"),
)


VERDICT: tuple[Flag, ...] = (
    Flag("base-url", base_url, "address of the server", "URL"),
    Flag("key", text, "API key that the client used", "KEY"),
    Flag(
        "fail-on",
        one_of("error", "warning", "info"),
        "least finding that counts (error)",
        "error|warning|info",
    ),
    Flag(
        "as",
        one_of("client", "gateway"),
        "who used the key: one client, or a gateway for all of its users (client)",
        "client|gateway",
    ),
    Flag("admin-token", token, "bearer token that /_sim asks for", "TOKEN"),
)


OPENAPI: tuple[Flag, ...] = (
    Flag("base-url", base_url, "address of the server (http://127.0.0.1:8000)", "URL"),
    Flag(
        "fidelity", one_of("documented", "observed"), "as the documents or as live services", "NAME"
    ),
)


SCENARIO: tuple[Flag, ...] = (
    Flag("base-url", base_url, "address of the server (http://127.0.0.1:8000)", "URL"),
    Flag("admin-token", token, "bearer token that /_sim asks for", "TOKEN"),
)

EVERY = (*SERVE, *DEMO, *DRIFT, *VERDICT, *OPENAPI, *SCENARIO)


def environment() -> Mapping[str, str]:
    """The variables of this process."""
    return os.environ
