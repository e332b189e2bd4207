"""The kill matrix is complete: every mutant and every row is named, or has its reason."""

import shutil
from pathlib import Path

import pytest

from conformance.catalogue import documents, kills
from conformance.collect.transcript import Transcript
from tests.conformance import book, reproducing
from tests.conformance.meeting import NOTICED, judged, recorded, serving
from tests.conformance.test_teeth import without

KILLS = kills.matrix()


def test_every_survivor_has_a_reason() -> None:
    assert [name for name, why in KILLS.survivors.items() if not why] == []


def test_every_row_that_can_fail_is_named_by_a_kill_or_has_a_reason() -> None:
    blunt = book.unkilled(KILLS.noticed)
    assert [id for id in blunt if not book.blunt_because(id)] == []


def test_kills_name_rows_that_exist() -> None:
    known = {row.id for name in documents.dialects() for row in documents.catalogue(name).testable}
    assert {id for rows in KILLS.noticed.values() for id in rows} <= known


@pytest.mark.parametrize("name", documents.dialects())
def test_a_file_has_one_mutant_a_line_and_is_as_it_would_be_written(name: str) -> None:
    text, own = kills.file(name).read_text("utf-8"), kills.read(kills.file(name))
    assert book.written(own, name) == text
    assert len(text.splitlines()) == 2 + len(own.noticed) + len(own.survivors)


def test_what_is_written_anew_replaces_its_parts_and_keeps_the_others(tmp_path: Path) -> None:
    file = kills.Kills(
        {"ark/create.201": ("ark.a",), "ark/rule.plus.x": ("ark.b",), "uniall/create.201": ("u",)},
        {"ark/still.small": "said by a person", "ark/still.gone": "an old one"},
    )
    found = {"ark/create.201": [], "ark/still.small": [], "ark/clip.cut": ["ark.c"]}
    made = book.updated(file, found, {"ark/create.201": "new"}, ["ark"], ["transcripts"])
    assert dict(made.noticed) == {
        "ark/clip.cut": ("ark.c",),
        "ark/rule.plus.x": ("ark.b",),
        "uniall/create.201": ("u",),
    }
    assert dict(made.survivors) == {"ark/create.201": "new", "ark/still.small": "said by a person"}
    again = book.updated(
        made, {"ark/still.small": []}, {"ark/still.small": book.UNSPOKEN}, ["ark"], ["transcripts"]
    )
    assert again.survivors["ark/still.small"] == "said by a person"
    (path := tmp_path / "ark" / kills.NAME).parent.mkdir()
    path.write_text(book.written(made, "ark"), "utf-8")
    own = {name: ids for name, ids in made.noticed.items() if name.startswith("ark/")}
    assert kills.read(path) == kills.Kills(own, made.survivors)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("text", ["[", "[]", '{"x": 3}', '{"x": null}'])
def test_a_file_that_is_no_matrix_is_named(tmp_path: Path, text: str) -> None:
    (path := tmp_path / kills.NAME).write_text(text, "utf-8")
    with pytest.raises(documents.FixtureError, match=r"kills\.json: "):
        kills.read(path)


def test_mutants_keep_the_rows_that_notice_nothing_else() -> None:
    found = {"a": ["x", "y", "v", "w", "rare"], "b": ["x", "y", "v", "w"]}
    assert "rare" in book.few(found)["a"]
    assert len(book.few(found)["a"]) == book.MOST
    assert book.few(found)["b"] == ("v", "w", "x", "y")


async def test_a_script_shows_the_failure_only_where_there_is_one(tmp_path: Path) -> None:
    ids = ["uniall.duration.range"]
    async with serving(without("uniall", "Between.duration"), rate=50) as base:
        transcript = await recorded(base, "uniall", ids, tmp_path)
        assert judged(transcript)[ids[0]].result == "fail"
        assert await reproducing.unshown(transcript, ids) == []
    async with serving() as healthy:
        told = reproducing.unshown(elsewhere(transcript, f"{healthy}/uniall"), ids)
        assert "the evidence was [200]" in (await told)[0]


@pytest.mark.parametrize(
    ("fault", "row", "shown"),
    [
        pytest.param("callback-missing", "evolink.callback.happens", "callbacks above", marks=SLOW),
        pytest.param("callback-duplicate", "evolink.callback.delivered", "CALLBACK", marks=SLOW),
        ("link-expires-early", "evolink.link.lifetime", "HTTP 403"),
        pytest.param("status-synonym", "apiyi.status.succeeded", "HTTP 200", marks=SLOW),
        pytest.param("url-missing", "apiyi.last-frame.place", "no link", marks=SLOW),
        ("id-missing", "ark.id.pattern", "the answer holds no id"),
        pytest.param(
            "foreign-task-id",
            "evolink.callback.happens",
            "came for ids that no create has named",
            marks=SLOW,
        ),
    ],
)
async def test_a_script_goes_as_far_as_the_failure(
    fault: str, row: str, shown: str, tmp_path: Path
) -> None:
    async with serving(defect=(fault,), rate=50) as base:
        transcript = await recorded(base, row.partition(".")[0], [row], tmp_path)
        assert judged(transcript)[row].result in NOTICED
        assert await reproducing.unshown(transcript, [row]) == []
        report = reproducing.report_of(transcript, [row])
        _, said = await reproducing.ran(report.reproducer(report.results[0]))
    assert shown in said


@pytest.mark.parametrize("measure", ["ffprobe", "ffmpeg"])
@pytest.mark.parametrize(
    ("fault", "row", "shown"),
    [
        ("clip-wrong-size", "nbility.clip.size", "320x320"),
        ("download-html", "nbility.clip.container", "clip.mp4 is no clip"),
    ],
)
async def test_a_script_measures_a_clip_with_whichever_tool_there_is(
    fault: str, row: str, shown: str, measure: str, tmp_path: Path
) -> None:
    if measure == "ffprobe" and shutil.which(measure) is None:
        pytest.skip("there is no ffprobe on this machine")
    async with serving(defect=(fault,), rate=50) as base:
        transcript = await recorded(base, "nbility", [row], tmp_path)
        assert judged(transcript)[row].result in NOTICED
        assert await reproducing.unshown(transcript, [row], measure) == []
        report = reproducing.report_of(transcript, [row])
        code, said = await reproducing.ran(report.reproducer(report.results[0]), measure)
    assert (code, shown in said) == (0, True), said


def elsewhere(transcript: Transcript, base: str) -> Transcript:
    """The same records, said to be of another server."""
    meta = {**transcript.meta, "base_url": base}
    return Transcript(meta, transcript.exchanges, transcript.facts, transcript.whole)


def test_rows_are_added_where_there_is_room_and_each_of_them_once() -> None:
    full = ("ark.a", "ark.b", "ark.c", "ark.d")
    file = kills.Kills({"ark/x": full, "ark/y": ("ark.a",)}, {"ark/z": "nobody said"})
    made = book.added(file, {"ark/x": ["ark.new", "ark.old"], "ark/z": ["ark.old"], "ark/y": []})
    assert dict(made.noticed) == {
        "ark/x": ("ark.a", "ark.b", "ark.c", "ark.d", "ark.new"),
        "ark/y": ("ark.a",),
        "ark/z": ("ark.old",),
    }
    assert not made.survivors
