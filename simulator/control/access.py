"""Who may use the control plane: this machine, a known token, and no foreign web page."""

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from simulator.control.calls import Wrong
from simulator.core.addresses import is_loopback_name, read
from simulator.core.config import Config


def admit(request: web.BaseRequest, config: Config, *, public: bool) -> None:
    """Refuse a caller that may not; what is ``public`` needs no token."""
    host = request.host if "Host" in request.headers else ""
    if config.control == "loopback":
        if not (is_this_machine(request.remote) or _by_socket(request)):
            raise _forbidden("answers this machine only; start with --control open to change that")
        if not is_loopback_name(_split(f"//{host}")[0]):
            raise _forbidden(
                f"does not answer to the host name {host!r}, but on this machine to 127.0.0.1 and "
                "localhost (a header Host: localhost will do); start with --control open, and "
                "better an --admin-token, to have it answer to every name"
            )
    origin = request.headers.get("Origin")
    if origin is not None and not _same(origin, host):
        raise _forbidden("does not answer web pages of another origin")
    if config.admin_token is not None and not public:
        _check_token(request.headers.get("Authorization", ""), config.admin_token)


def _by_socket(request: web.BaseRequest) -> bool:
    """Whether a connection comes by a Unix socket, which only this machine has."""
    own = None if request.transport is None else request.transport.get_extra_info("sockname")
    return not request.remote and isinstance(own, str | bytes)


def _check_token(given: str, token: str) -> None:
    scheme, _, word = given.partition(" ")
    expected = token.encode("utf-8", "surrogateescape")
    found = word.strip().encode("utf-8", "surrogateescape")
    if scheme.lower() != "bearer" or not hmac.compare_digest(found, expected):
        message = "the control plane asks for Authorization: Bearer with the admin token"
        headers = {"WWW-Authenticate": "Bearer"}
        raise Wrong("unauthorized", message, "Authorization", 401, headers)


def _forbidden(why: str) -> Wrong:
    return Wrong("forbidden", f"the control plane {why}", None, 403)


def is_this_machine(peer: str | None) -> bool:
    """Whether a connection comes from this very machine."""
    try:
        return read(peer or "").is_loopback
    except ValueError:
        return False


def _same(origin: str, host: str) -> bool:
    """Whether an origin is the very host that the request was sent to."""
    name, port = _split(origin)
    own_name, own_port = _split(f"//{host}")
    usual = 443 if origin.lower().startswith("https:") else 80
    return bool(name) and (name, port or usual) == (own_name, own_port or usual)


def _split(url: str) -> tuple[str, int | None]:
    """Host and port of an address; an empty host where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    return ("", None) if parts.username is not None or parts.path else (host, port)
