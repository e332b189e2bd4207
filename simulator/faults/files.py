"""Faults of downloads: links that do not hold, and files that are not the clip."""

from msgspec.structs import replace

from simulator.clips import damage
from simulator.core import links
from simulator.core.clock import MINUTE
from simulator.engine.call import Reply
from simulator.engine.delivery import Delivery
from simulator.faults.custom import over
from simulator.faults.fault import (
    Act,
    Change,
    Deny,
    Fault,
    Instead,
    Redirect,
    Remake,
    Scene,
    Spoil,
)
from simulator.faults.refusals import HTML, PAGE
from simulator.faults.transport import delivered

# A link through another place of the store leads to the same file.
MIRROR = "/tos/mirror/"
LINK_HOLDS = MINUTE
OCTETS = "application/octet-stream"

# Words of the store for a link that does not hold.
OLD, WITH_KEY, FORBIDDEN = "old", "authorization", "parameters"


def _old_after_a_minute(scene: Scene) -> str | None:
    ended = None if scene.task is None else scene.task.ended()
    return OLD if ended is not None and scene.now >= ended + LINK_HOLDS else None


def _no_key(scene: Scene) -> str | None:
    return WITH_KEY if "Authorization" in scene.call.headers else None


def _cut_first(scene: Scene, reply: Reply) -> Reply:
    return replace(reply, delivery=Delivery(body=0.5, end="close"))


def _expiration(scene: Scene, reply: Reply) -> Reply:
    if scene.task is None or reply.status >= 300:
        return reply
    told = links.expiration(scene.task.made())
    return replace(reply, headers=over(reply.headers, told))


def _old_from_the_second_on(scene: Scene) -> str | None:
    return OLD if scene.number > 1 else None


def on_file(name: str, does: str, seen: str, *acts: Act) -> Fault:
    """A fault of every download."""
    return Fault(name, does, seen, ("download",), acts)


def on_first_file(name: str, does: str, seen: str, *acts: Act) -> Fault:
    """A fault of one download."""
    return Fault(name, does, seen, ("download",), acts, times=1)


FAULTS: tuple[Fault, ...] = (
    on_file(
        "url-expired",
        "The store refuses every link as expired.",
        "links that were given long after they had been signed",
        Deny(lambda scene: OLD),
    ),
    on_file(
        "url-rejects-authorization",
        "A download with an Authorization header is refused with 400.",
        "stores that take a link's signature or a key, not both; clients sent their key along",
        Deny(_no_key),
    ),
    on_file(
        "url-403",
        "The store refuses every link with 403 and does not say why.",
        "gateways whose links need the cookies of their own pages",
        Deny(lambda scene: FORBIDDEN),
    ),
    on_file(
        "link-expires-early",
        "A link holds for a minute only, whatever it says of itself.",
        "gateways that promise more than their store keeps",
        Deny(_old_after_a_minute),
    ),
    on_file(
        "link-expires-during",
        "The first download of a clip is cut half way, and every later one is refused as expired.",
        "links with seconds left; clients that went on from the middle were refused",
        Deny(_old_from_the_second_on),
        Change(_cut_first),
    ),
    on_file(
        "link-redirects",
        "A download is answered with 302 and another link to the same file.",
        "stores behind a content network; clients saved the empty answer",
        Redirect(MIRROR),
    ),
    on_first_file(
        "download-html",
        "A download is answered with 200 and a page.",
        "captive portals and consoles; clients saved the page as a clip",
        Instead(lambda scene: Reply(200, PAGE, {}, HTML)),
    ),
    on_first_file(
        "download-empty",
        "A download is answered with 200 and no bytes.",
        "stores to which the clip has not been copied yet",
        Instead(lambda scene: Reply(200, b"", {}, OCTETS)),
    ),
    on_first_file(
        "download-truncated",
        "A download gives the first half of the file, complete as far as HTTP can tell.",
        "stores that took in half a clip; clients handed it on",
        Spoil(damage.truncated),
    ),
    on_first_file(
        "download-cut",
        "The connection of a download is closed half way.",
        "long downloads over bad lines",
        delivered(body=0.5, end="close"),
    ),
    on_first_file(
        "download-trickle",
        "A download comes in twenty pieces, a twentieth of a second after each other.",
        "overloaded stores; clients with a limit for the whole gave up, those without any hung",
        delivered(pieces=20, pause=0.05),
    ),
    on_first_file(
        "download-length-wrong",
        "Content-Length of a download is half of what the file has.",
        "proxies that change files and keep their headers; clients kept half a clip",
        delivered(length=0.5, end="close"),
    ),
    on_file(
        "clip-wrong-length",
        "The clip is a second shorter than was ordered.",
        "upstreams with another default length",
        Remake(damage.other_length),
    ),
    on_file(
        "clip-wrong-size",
        "The clip has half the width and the height that were ordered.",
        "gateways that sell a higher resolution than they buy",
        Remake(damage.other_size),
    ),
    on_file(
        "clip-silent",
        "The clip has no sound track although sound was ordered.",
        "gateways that do not pass the wish for sound on, and bill it",
        Remake(damage.silent),
    ),
    on_file(
        "frames-swapped",
        "The clip begins with the order's last picture and ends with its first.",
        "gateways that sort pictures by their names, or fill a list of two from behind",
        Remake(damage.exchanged),
    ),
    on_file(
        "picture-ignored",
        "The clip shows neither the first nor the last picture of its order.",
        "gateways that drop fields which they do not know, and pass on the words alone",
        Remake(damage.unpictured),
    ),
    on_file(
        "x-tos-expiration",
        "Downloads have a header with letters in UTF-8 that are not ASCII, as live ones do.",
        "the store of the upstream; HTTP clients and bridges that decode headers as ASCII crashed",
        Change(_expiration),
    ),
    on_file(
        "clip-wrong-rate",
        "The clip runs at 30 pictures a second instead of 24.",
        "gateways that encode clips anew",
        Spoil(damage.other_rate),
    ),
)
