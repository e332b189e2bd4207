"""What the object store says to a download that it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

# What the object store says to a link that does not hold: status, Code, Message, EC. The two
# documented ECs are those of volcengine's pages 6349/1188927 and 6349/1188928, and 0003-00000015
# was captured; the others are this simulator's own choice, in the same form.
ERRORS: Mapping[str, tuple[int, str, str, str]] = {
    "authorization": (
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed: a signed link needs no Authorization header.",
        "0002-00000001",
    ),
    "algorithm": (403, "AccessDenied", "X-Tos-Algorithm is not valid.", "0002-00000030"),
    "expires": (403, "AccessDenied", "X-Tos-Expires is not valid.", "0002-00000031"),
    "parameters": (403, "AccessDenied", "Access Denied", "0003-00000015"),
    "signature": (
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        "0003-00000012",
    ),
    "old": (403, "AccessDenied", "Request has expired.", "0003-00000013"),
    "gone": (404, "NoSuchKey", "The specified key does not exist.", "0017-00000003"),
    "render": (500, "InternalError", "", "0000-00000001"),
}
ERRORS = {**ERRORS, "method": ERRORS["signature"]}


@dataclass(frozen=True, slots=True)
class Denied(Exception):
    """A download that the store refuses, by a name in ``ERRORS``."""

    name: str
    detail: str = ""


def identified(token: str) -> dict[str, str]:
    """The headers of every file: whose server it is, and the id of the request."""
    return {"server": "TosServer", "x-tos-request-id": token, "x-tos-id-2": token[::-1]}


def denial(denied: Denied, request: web.BaseRequest, token: str) -> web.Response:
    """What the store says to a download that it refuses."""
    status, code, message, ec = ERRORS[denied.name]
    body = {
        "Code": code,
        "RequestId": token,
        "HostId": token[::-1],
        "Message": denied.detail or message,
        "EC": ec,
    }
    headers = {"server": "TosServer", "x-tos-request-id": token, "x-tos-ec": ec}
    if request.method == "HEAD":
        return web.Response(status=status, headers=headers)
    return web.json_response(body, status=status, headers=headers)
