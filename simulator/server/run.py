"""Runs a server until it is told to end: sockets, TLS, signals, and the listening line."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
import stat
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from errno import EADDRNOTAVAIL, EAFNOSUPPORT
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from simulator.core.config import BadSetting, Config
from simulator.http import logs
from simulator.server.app import listener
from simulator.server.warming import Warmer
from simulator.server.world import World, create_world
from simulator.store.opening import hold

# How long requests under way may still take after the signal to end, and everything together.
LAST_REQUESTS_S = 2.0
GRACE_S = 4.0
BACKLOG = 1024

Result = TypeVar("Result")


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then let what is under way come to its end."""
    context = None if config.tls_cert is None else tls(config.tls_cert, config.tls_key)
    with contextlib.ExitStack() as held:
        if config.uds is not None:
            sockets = [_bound_unix(config.uds)]
            held.callback(_unlink, config.uds)
        else:
            sockets = bind(config.host, config.port)
            config = replace(config, port=sockets[0].getsockname()[1])
        for one in sockets:
            held.callback(one.close)
        logs.set_up(config.log_format, config.log_level)
        said = partial(_say, f"listening on {address(config, context is not None)}\n")
        if config.workers == 1:
            run(_serve(config, sockets, context, said))
            return
        held.enter_context(hold(config.store))
        asyncio.run(_tried(config))
        _share(config, sockets, context, said)


def _share(
    config: Config,
    sockets: list[socket.socket],
    context: ssl.SSLContext | None,
    said: Callable[[], None],
) -> None:
    """Let several processes serve, which have nothing in common but the sockets and the store."""
    from simulator.server.workers import Workers

    def work(ready: Callable[[], None], life: int) -> None:
        run(_serve(config, sockets, context, ready, life))

    Workers(config.workers, work).run(said)


async def _tried(config: Config) -> None:
    """Raise BadSetting, once and not from every worker, for a store or scenario of no use."""
    world = create_world(config)
    try:
        if config.scenario is not None:
            from simulator.server.staging import Director

            Director(world, config.scenario).check()
    finally:
        await world.close()


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def free(path: str) -> None:
    """Take away the socket of a server that has ended; a living one, or a file, is a mistake."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise BadSetting(f"--uds: {path} exists, and is no socket")
    except OSError:
        return  # what else is wrong with the place shows when it is bound
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(1)
        try:
            caller.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError as error:
            raise BadSetting(f"--uds: cannot use {path}: {error.strerror or error}") from None
        else:
            raise BadSetting(f"--uds: another server listens on {path}")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in the fastest loop that is installed."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(
    config: Config,
    sockets: list[socket.socket],
    context: ssl.SSLContext | None,
    ready: Callable[[], None],
    life: int | None = None,
) -> None:
    """Serve until a signal, or until the parent whose ``life`` it is has gone."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    _on_signals(loop, ended.set)
    if life is not None:
        loop.add_reader(life, ended.set)
    world = create_world(config)
    warmer = Warmer(world.engine, world.studio)
    world.engine.on_change.append(warmer.changed)

    await world.begin()
    watching = None if config.scenario is None else await _staged(world, config.scenario)
    server = listener(world)
    runner = web.ServerRunner(server, shutdown_timeout=LAST_REQUESTS_S)
    await runner.setup()
    for one in sockets:
        await web.SockSite(runner, one, ssl_context=context, backlog=BACKLOG).start()
    settle()
    ready()
    await ended.wait()
    if watching is not None:
        watching.cancel()
    if life is not None:
        loop.remove_reader(life)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            world.end_feeds()
            await warmer.close()
            await runner.cleanup()
            await world.close()


def _on_signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Call a function in the loop at SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, end)
        except NotImplementedError:  # of the loop of Windows, which wakes for signals all the same
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end) and None)


async def _staged(world: World, path: str) -> asyncio.Task[None]:
    """Apply the scenario, and look after it from now on."""
    from simulator.server.staging import Director

    director = Director(world, path)
    await director.begin()
    return asyncio.create_task(director.watch())


def _bound_unix(path: str) -> socket.socket:
    """A listening socket at a path where no server listens."""
    if not hasattr(socket, "AF_UNIX"):
        raise BadSetting("--uds: this system has no Unix sockets; use --host and --port")
    free(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.bind(path)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise BadSetting(f"--uds: cannot listen on {path}: {error.strerror or error}") from None
    return made


# A clip is made by threads of Python, and at the usual 5 ms each step of a request waited so long
# for its turn while one was under way.
TURN_S = 0.0005


def settle() -> None:
    """Spare the garbage collector what lives as long as the server, and most of its visits.

    A request leaves next to no cycles behind, and looking for them took a tenth of its time.
    Threads that make clips let requests through at once.
    """
    sys.setswitchinterval(TURN_S)
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line)
        sys.stdout.flush()


def address(config: Config, encrypted: bool) -> str:
    """The address of a server as its first line says it."""
    if config.uds is not None:
        return f"unix:{config.uds}"
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http{'s' * encrypted}://{host}:{config.port}"


def tls(cert: str, key: str | None) -> ssl.SSLContext:
    """The context of a certificate and its key; BadSetting if they cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError):
        files = f"{cert} does" if key is None else f"{cert} and {key} do"
        text = f"--tls-cert: {files} not hold a certificate and its unencrypted key (PEM)"
        raise BadSetting(text) from None
    return context


def bind(host: str, port: int) -> list[socket.socket]:
    """A listening place at each address of the host, all with the same port."""
    sockets: list[socket.socket] = []
    try:
        for family, where in _addresses(host):
            chosen = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(_bound(family, (where[0], chosen, *where[2:])))
            except OSError as error:
                # A name may also stand for a family of addresses that this machine lacks.
                if error.errno not in (EADDRNOTAVAIL, EAFNOSUPPORT) or not sockets:
                    raise
    except (OSError, UnicodeError) as error:
        for one in sockets:
            one.close()
        reason = getattr(error, "strerror", None) or "this is no host name"
        raise BadSetting(f"cannot listen on {host}, port {port}: {reason}") from None
    return sockets


def _addresses(host: str) -> list[tuple[socket.AddressFamily, Any]]:
    """The addresses of a host, those of IPv4 first."""
    name = host.encode() if host.isascii() else host  # for a text the codec of IDNA is loaded
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    pairs = dict.fromkeys((family, where) for family, _, _, _, where in found)
    return sorted(pairs, key=lambda pair: pair[0] != socket.AF_INET)


def _bound(family: socket.AddressFamily, where: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind(where)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made
