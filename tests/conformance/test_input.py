"""Bad input: one clear line, the right exit status, no traceback."""

import asyncio
import json
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.catalogue import documents, kills
from conformance.collect.opening import catalogued
from tests.conformance.gateway import KEY, Gateway, bare, serving

RUN = ["run", "--dialect", "apiyi", "--api-key", KEY, "--control", "none", "--profile", "free"]
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


async def command(*arguments: str) -> int:
    return await asyncio.to_thread(main, arguments)


def usage(text: str) -> Callable[[pytest.CaptureFixture[str]], None]:
    def check(output: pytest.CaptureFixture[str]) -> None:
        said = output.readouterr().err
        assert text in said
        assert said.count("\n") == 1
        assert "Traceback" not in said

    return check


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--dialect", "lumen"], "no dialect 'lumen': there are apiyi"),
        (["--base-url", "gateway.example.com"], "no http or https address"),
        (["--max-cost", "two"], "no amount of US dollars"),
        (["--max-contingent", "-1"], "no number"),
        (["--rps", "0"], "no number above 0"),
        (["--model", "a"], "form A=B"),
        (["--header", "a: b\nc: d"], "form A:B"),
        (["--select", "apiyi.nothing"], "names no row"),
        (["--select", ""], "names no row"),
        (["--second-key", KEY], "it has to be another account's"),
        (["--model", "other=mine"], "'other' is no documented model"),
        (["--callback-url", "https://me.example.com/"], "needs --callback-listen"),
        (["--select", "apiyi.duration.rnge"], "did you mean apiyi.duration.range"),
        (["--select", "apiyi.model,apiyi.nothing"], "'apiyi.nothing' names no row"),
        (["--callback-listen", "8000"], "HOST:PORT"),
        (["--max-wait", "soon"], "no length of time"),
        (["--resume", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--prices", "nowhere.toml"], "nowhere.toml"),
        (["--profile", "litte"], "invalid choice: 'litte'"),
        (["--seond-key", "sk-2"], "unrecognized arguments: --seond-key"),
        (["--ca-file", "nowhere.pem"], "nowhere.pem"),
        (["--report-dir", "/proc/no/such"], "--report-dir"),
        (["--base-url", "https://gateway.example.com", "--profile", "full"], "--max-cost"),
    ],
)
def test_options_that_cannot_be_used(
    arguments: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*RUN, "--base-url", "http://127.0.0.1:9", "--report-dir", str(tmp_path), *arguments]
    assert main(given) == 2
    usage(text)(capsys)


def test_a_prices_file_that_does_not_parse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        '[[apiyi]]\nmodel = "m"\nunit = "hour"\nusd = 1\nsource = "s"\nday = "d"\n', "utf-8"
    )
    given = [*RUN, "--base-url", "http://127.0.0.1:9", "--report-dir", str(tmp_path)]
    assert main([*given, "--prices", str(path)]) == 2
    usage("unit 'hour'")(capsys)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "cannot be reached"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "cannot be reached"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://x.example/\r\n\r\n", "redirects to"),
        (
            OK + b"Content-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
            "answers a web page",
        ),
        (OK + b"Content-Length: 3\r\n\r\nhey", "something else than JSON"),
    ],
)
async def test_an_address_that_is_none(
    answer: bytes | None, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bare(answer) as base:
        assert await command(*RUN, "--base-url", base, "--report-dir", str(tmp_path)) == 3
    usage(text)(capsys)


def test_nobody_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [*RUN, "--base-url", "http://127.0.0.1:9", "--report-dir", str(tmp_path)]
    assert main(given) == 3
    usage("cannot be reached: Connection refused")(capsys)


async def test_a_refused_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(Gateway()) as gateway:
        given = [*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path)]
        assert await command(*given, "--api-key", "sk-other") == 3
    usage("refuses the key: HTTP 401")(capsys)


async def test_another_dialect_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(Gateway()) as gateway:
        given = [*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path)]
        assert await command(*given, "--dialect", "evolink") == 3
    usage("so try --dialect apiyi")(capsys)


async def test_a_wrong_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    given = [*RUN, "--base-url", f"https://127.0.0.1:{port}", "--report-dir", str(tmp_path)]
    assert await command(*given) == 3
    usage("cannot be reached")(capsys)
    server.close()


@pytest.mark.parametrize("garbage", [b"[]", b"null", b'"\\ud800"', b"{" * 99, b"\xff\xfe\x00"])
async def test_garbage_makes_rows_fail_and_never_the_run(garbage: bytes, tmp_path: Path) -> None:
    async with serving(Gateway(raw=garbage)) as gateway:
        given = [*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path)]
        assert await command(*given) in (1, 3)


async def test_a_transcript_that_was_cut_off_is_judged_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(Gateway()) as gateway:
        given = [*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path)]
        await command(*given)
    capsys.readouterr()  # a run on a busy machine says what it waits for
    path = tmp_path / "run.jsonl"
    whole = path.read_text("utf-8")
    path.write_text(whole[: len(whole) * 2 // 3], "utf-8")
    assert await command("judge", str(path)) in (1, 4)
    usage("the recording was cut off")(capsys)


def test_a_file_that_is_no_transcript(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text('{"kind": "exchange"}\n', "utf-8")
    assert main(["judge", str(path)]) == 2
    usage("no transcript")(capsys)
    path.write_text("hello\nworld\n", "utf-8")
    assert main(["judge", str(path)]) == 2
    usage("line 1 is no JSON object")(capsys)


FIRST = {
    "kind": "meta", "version": 1, "run": "a", "dialect": "apiyi", "base_url": "http://a.test",
    "profile": "free", "day": "2026-01-01", "select": [], "models": {}, "world": {},
    "suite": "1", "seed": 0, "strict": False, "catalogue": catalogued("apiyi"),
}  # fmt: skip


def written(folder: Path, *lines: Mapping[str, Any]) -> Path:
    """A transcript of these lines, with an end."""
    path = folder / "run.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (*lines, {"kind": "end"})), "utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"world": {"control": []}}, "its world has control '[]'"),
        ({"world": {"control": 1}}, "its world has control '1'"),
        ({"world": {"profile": "cheap"}}, "its world has profile 'cheap'"),
        ({"world": {"profile": []}}, "the transcript's first line cannot be read"),
        ({"world": {"catalogue": True}}, "the transcript's first line cannot be read"),
        ({"select": [1]}, "its first line has no select that can be read"),
        ({"select": [[]]}, "its first line has no select that can be read"),
        ({"prices": [1]}, "its prices cannot be read"),
        ({"prices": 1}, "its prices cannot be read"),
    ],
)
def test_a_transcript_whose_first_line_was_changed(
    change: Mapping[str, Any], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(written(tmp_path, {**FIRST, **change}))]) == 2
    usage(text)(capsys)


@pytest.mark.parametrize("of", [[], {}, 1, None])
def test_a_fact_of_a_transcript_that_is_about_nothing(
    of: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(written(tmp_path, FIRST, {"kind": "clip", "of": of}))]) == 2
    usage("line 2 has an of that cannot be read")(capsys)


async def test_judging_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    async with serving(Gateway()) as gateway:
        given = [*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path / "run")]
        await command(*given)
    names = ("report.json", "report.html", "junit.xml", "summary.md", "report.sarif")
    for other in ("one", "two"):
        run = str(tmp_path / "run" / "run.jsonl")
        await command("judge", run, "--report-dir", str(tmp_path / other))
    for name in names:
        texts = {(tmp_path / each / name).read_bytes() for each in ("run", "one", "two")}
        assert len(texts) == 1, name


async def test_no_report_holds_a_key(tmp_path: Path) -> None:
    async with serving(Gateway()) as gateway:
        await command(*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
    for path in files(tmp_path):
        assert KEY not in path.read_text("utf-8"), path.name


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_free_asks_little_and_costs_nothing(tmp_path: Path) -> None:
    async with serving(Gateway(decide=lambda order: "refuse")) as gateway:
        await command(*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
    assert gateway.calls <= 80
    assert gateway.billed == 0
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    no_http = len(documents.catalogue("apiyi").row("apiyi.transport.malformed").expect["requests"])
    assert report["totals"]["requests"] == gateway.calls + no_http
    assert not (report["verdict"] == "conformant" and report["totals"]["not-run"])


def test_rows_counts_what_was_not_noticed_by_its_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    matrix = kills.matrix()
    own = {why for name, why in matrix.survivors.items() if name.startswith("ark/")}
    assert main(["rows", "--dialect", "ark"]) == 0
    text = capsys.readouterr().out
    *rows, total, listed = re.split(r"^(gaps: .+\n)", text, flags=re.M)
    alive = sum(name.startswith("ark/") for name in matrix.survivors)
    assert f"; gaps {alive}\n" in rows[0]
    assert total.startswith(f"gaps: {alive} of {matrix.met('ark')} broken servers")
    counted = dict(line.split(maxsplit=1)[::-1] for line in listed.splitlines())
    assert sum(map(int, counted.values())) == alive
    assert all(any(why.startswith(each) for each in counted) for why in own)
    assert main(["rows"]) == 0
    assert f"\ngaps: {len(matrix.survivors)} of " in capsys.readouterr().out


def test_explain_names_the_broken_servers_that_a_row_noticed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    noticed = kills.matrix().by("ark.model.required")
    assert len(noticed) > 0
    assert main(["explain", "ark.model.required"]) == 0
    assert f"on broken servers: {', '.join(noticed[:12])}" in capsys.readouterr().out


def test_there_is_help_for_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert main([]) == 2
    assert main(["explain", "apiyi.duration.range"]) == 0
    assert "duration" in capsys.readouterr().out
    assert main(["explain", "apiyi.duration.rang"]) == 2
    assert "did you mean apiyi.duration.range" in capsys.readouterr().err
    assert main(["rows", "--dialect", "ark"]) == 0
