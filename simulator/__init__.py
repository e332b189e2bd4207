"""An offline simulator of the HTTP APIs that sell Seedance 2.0 video generation.

``create_app(Config(...))`` is the server as an aiohttp application.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.core.config import Config
    from simulator.server.app import create_app

__version__ = "0.1.0"
__all__ = ["Config", "__version__", "create_app"]


def __getattr__(name: str) -> object:
    """The public names, loaded when they are asked for: the version must not cost a server."""
    if name == "create_app":
        from simulator.server.app import create_app

        return create_app
    if name == "Config":
        from simulator.core.config import Config

        return Config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
