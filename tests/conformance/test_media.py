"""The sample files for a static host: every one can be written, with what its name promises."""

import tracemalloc
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.collect import clip
from conformance.plan import mediafiles, samples


def test_a_video_may_have_an_odd_side() -> None:
    raw, kind = samples.sample("video", 1, "width=299&height=701&seconds=1")
    facts = clip.facts(raw)
    assert (kind, facts["width"], facts["height"]) == ("video/mp4", 299, 701)


def test_what_was_made_is_not_kept() -> None:
    tracemalloc.start()
    try:
        for size in (20_000_000, 20_000_001):
            assert len(samples.sample("image", 1, f"width=300&height=300&size={size}")[0]) == size
        assert tracemalloc.get_traced_memory()[0] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_every_file_that_a_plan_asks_for_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["media", str(tmp_path)]) == 0
    wanted = {samples.name(*each) for each in mediafiles.wanted()}
    there = {path.name for path in tmp_path.iterdir() if path.stat().st_size}
    assert wanted <= there
    assert f"{len(there)} files" in capsys.readouterr().out
