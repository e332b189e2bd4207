"""The command ``verdict``: what a server has to say about a client, for CI of any language."""

import sys
from typing import TextIO

from simulator.cli.settings import BadSetting
from simulator.client.findings import bad, words
from simulator.client.remote import Refused, Remote, Unreachable
from simulator.verdict import NOT_JUDGED, NOTHING_SEEN

GOOD, FOUND, UNREACHABLE, UNSEEN = 0, 1, 3, 4


def verdict(
    base_url: str | None = None,
    key: str | None = None,
    fail_on: str = "error",
    admin_token: str | None = None,
    subject: str = "client",
    out: TextIO | None = None,
) -> int:
    """Print the verdict and give the exit status."""
    for name, value in (("--base-url", base_url), ("--key", key)):
        if value is None:
            raise BadSetting(f"{name} is missing (see seedance-sim verdict --help)")
    query = {"key": key, "as": subject}
    try:
        found = Remote(str(base_url), admin_token).ask("GET", "/verdict", query=query)
    except Unreachable as error:
        sys.stderr.write(f"seedance-sim: {error}\n")
        return UNREACHABLE
    except Refused as error:
        raise BadSetting(str(error)) from None
    failing = bad(found["findings"], fail_on)
    out = sys.stdout if out is None else out
    out.write(words(found["findings"]))
    out.write("".join(f"not judged: {sentence}\n" for sentence in NOT_JUDGED[subject]))
    if any(one["id"] == NOTHING_SEEN for one in found["findings"]):
        out.write("verdict: none, nothing was seen of this key\n")
        return UNSEEN
    out.write(f"verdict: {'fail' if failing else 'pass'}\n")
    return FOUND if failing else GOOD
