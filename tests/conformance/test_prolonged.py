"""A link whose end is raised by hand, or whose signature is taken away, is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.untrusted.bounds import prolonged, unsigned
from tests.conformance import reproducing
from tests.conformance.meeting import judged, recorded, serving

SIGNED = (
    "https://tos.example.com/1.mp4?X-Tos-Date=20260601T000000Z&X-Tos-Expires={}&X-Tos-Signature=0"
)


@pytest.mark.parametrize(
    ("link", "later"),
    [
        (SIGNED.format(86400), SIGNED.format(90000)),
        ("https://x.example.com/1.mp4?Expires=1780000000", "…?Expires=1780003600"),
        ("https://x.example.com/1.mp4?sig=1&exp=5&v=2", "…?sig=1&exp=3605&v=2"),
        ("https://x.example.com/1.mp4?sig=1&expand=5", None),
        ("https://x.example.com/expires=5/1.mp4", None),
        ("https://x.example.com/1.mp4", None),
    ],
)
def test_the_end_of_a_link_is_raised_by_an_hour(link: str, later: str | None) -> None:
    wanted = later and later.replace("…", "https://x.example.com/1.mp4")
    assert prolonged(link) == wanted


@pytest.mark.parametrize(
    ("link", "bare"),
    [
        (SIGNED.format(86400), "https://tos.example.com/1.mp4"),
        (
            "https://x.example.com/1.mp4?Expires=1&Policy=a&Signature=b",
            "https://x.example.com/1.mp4",
        ),
        ("https://x.example.com/1.mp4?auth_key=17-0-0-ab", "https://x.example.com/1.mp4"),
        ("https://x.example.com/s/8f2c/1.mp4?name=clip", None),
        ("https://x.example.com/1.mp4", None),
    ],
)
def test_only_parameters_that_sign_are_taken_away(link: str, bare: str | None) -> None:
    """A link may be signed in its path, and is whole without what only names the file."""
    assert unsigned(link) == bare


@pytest.mark.parametrize(
    ("tag", "said"),
    [("prolonged", "an hour later"), ("unsigned", "without its signature")],
)
async def test_a_link_that_is_not_covered_is_a_fail_and_its_script_shows_it(
    tag: str, said: str, tmp_path: Path
) -> None:
    row = "apiyi.link.signed"
    async with serving(rate=50) as base:
        transcript = await recorded(base, "apiyi", [row], tmp_path)
        assert judged(transcript)[row].result == "pass"
        changed = [
            replace(each, status=200, size=1000) if each.tag == tag else each
            for each in transcript.exchanges
        ]
        lax = replace(transcript, exchanges=tuple(changed))
        found = judged(lax)[row]
        assert (found.result, said in found.message) == ("fail", True)
        report = reproducing.report_of(lax, [row])
        _, shown = await reproducing.ran(report.reproducer(report.results[0]))
    assert "HTTP 403" in shown
