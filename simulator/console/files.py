"""The console's own files: a page, its style and its modules, as they stand in the package."""

from functools import cache
from importlib.resources import files

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Nothing from elsewhere, nothing written into the page; clips come as blobs, with the token asked.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
PAGE = "console.html"


@cache
def texts() -> dict[str, str]:
    """All of them by name."""
    folder = files("simulator.console").joinpath("static")
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.is_file()}


def content_type(name: str) -> str:
    """The media type of a file, by its name."""
    return TYPES[name[name.rindex(".") :]]
