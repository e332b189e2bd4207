"""The settings of each command, as the command line, the environment and ``--help`` know them."""

from collections.abc import Callable
from typing import Any

import msgspec

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

PREFIX = "SEEDANCE_SIM_"


class Flag(msgspec.Struct, frozen=True):
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
        "clips from a picture and slices, or every frame coded, 4k as HEVC (fast)",
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
    Flag("deviations", text, "differences that are known and put up with (TOML)", "FILE"),
    Flag("write", text, "write a patch that makes them known, for git apply", "PATCH"),
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
