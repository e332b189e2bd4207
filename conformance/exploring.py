"""Orders drawn at random, for endpoints that cost nothing."""

from conformance.options import Options


def explore(options: Options) -> int:
    """Draw, send, judge."""
    raise NotImplementedError
