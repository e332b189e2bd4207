"""What stands in a report in short, said once for whoever does not know the suite."""

import re
from collections.abc import Iterable

AUTH = {
    "key": "Authorization: Bearer and your key",
    "clean": "Authorization: Bearer and a key without any task",
    "second": "Authorization: Bearer and the second key",
    "empty": "Authorization: Bearer and nothing after it",
    "scheme": "Authorization: Basic, with a name and a password",
    "wrong": "Authorization: Bearer and a key that nobody has",
    "broke": "Authorization: Bearer and a key without money",
    "limited": "Authorization: Bearer and a key at its limit",
    "nogroup": "Authorization: Bearer and a key of a group without channels",
    "bare": "Authorization: your key, without Bearer",
    "lower": "Authorization: bearer, in small letters, and your key",
    "unprefixed": "Authorization: Bearer and your key without its sk-",
    "channelled": "Authorization: Bearer, your key and the number of a channel",
    "x-api-key": "x-api-key: your key",
    "mj-api-secret": "mj-api-secret: your key",
    "signed": "Authorization: a signature with an access key that nobody has",
    "missing": "no Authorization header",
    "none": "no Authorization header: the link carries its own signature",
}
MEDIUM = re.compile(r"\$(?:data-|asset-)?(image|video|audio)\d")
MEDIA = (
    "$image1, $video1?seconds=16 and the like stand for reference media: the same number is the "
    "same file, and what follows are its properties; `seedance-conformance media DIR` writes them, "
    "and what was sent in their place stands with each call"
)


def media(texts: Iterable[str]) -> str:
    """What placeholders mean, where one of the texts has any; else nothing."""
    return MEDIA if any(MEDIUM.search(each) for each in texts) else ""
