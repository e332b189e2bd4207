"""What a browser is told that asks for a page of elsewhere (CORS)."""

from collections.abc import Mapping

import msgspec

from simulator.engine.call import Headers


class CrossOrigin(msgspec.Struct, frozen=True):
    """What browsers are told who ask for another page: with an answer, and before a call.

    A ``picky`` API takes OPTIONS for that question only where it has an ``Origin`` and the method
    that is asked for; others answer it always.
    """

    answer: Mapping[str, str]
    preflight: Mapping[str, str]
    picky: bool = False

    def asked(self, method: str, headers: Headers) -> bool:
        """Whether a call is the question that comes before another."""
        if method != "OPTIONS":
            return False
        asks = "Origin" in headers and "Access-Control-Request-Method" in headers
        return asks or not self.picky


CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization",  # which the star does not cover
    "Access-Control-Expose-Headers": "*",
}
OPEN = CrossOrigin(CORS, CORS)
