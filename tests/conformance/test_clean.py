"""What an endpoint says acts in no medium: terminal, page, Markdown, XML, SARIF, shell."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.__main__ import main
from conformance.untrusted import clean
from tests.conformance.gateway import KEY, Gateway, serving

RUN = ("--dialect", "apiyi", "--api-key", KEY, "--control", "none", "--profile", "free")
NASTY = (
    "[/v1/x] [bold]b[/bold] [link=http://evil.example/]l[/link] :smile: \x1b[2J\x1b]0;owned\x07 "
    "\x9b31m \u202e ![p](http://evil.example/p.png) [x](http://evil.example) <img src=x> @somebody "
    "#12 www.evil.example a|b `c` ]]> --> \\033[31m \\c $(id) '"
)
# What acts on a terminal or turns the direction of writing.
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def nasty(**more: object) -> Gateway:
    error = {"error": {"code": NASTY, "message": NASTY, "param": NASTY, "type": NASTY}}
    return Gateway(raw=json.dumps(error, ensure_ascii=False).encode(), status=400, **more)  # type: ignore[arg-type]


async def command(*arguments: str) -> int:
    return await asyncio.to_thread(main, arguments)


def unsafe(text: str) -> list[str]:
    return ACTS.findall(text)


async def test_no_report_and_no_line_of_output_acts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(nasty()) as gateway:
        given = (*RUN, "--base-url", gateway.base)
        assert await command("run", *given, "--report-dir", str(tmp_path)) in (1, 4)
        said = capsys.readouterr()
        assert "[/v1/x]" in said.out
        assert unsafe(said.out + said.err) == []
        run = str(tmp_path / "run.jsonl")
        async with serving(Gateway()) as other:
            again = (*RUN[:4], "--base-url", other.base, "--against", run)
            assert await command("diff", *again) == 1
            said = capsys.readouterr()
            assert "[/v1/x]" in said.out
            assert unsafe(said.out + said.err) == []
    for name in ("report.html", "summary.md", "junit.xml", "report.sarif", "report.json"):
        assert unsafe((tmp_path / name).read_text("utf-8")) == [], name
    for script in (tmp_path / "reproducers").iterdir():
        assert unsafe(script.read_text("utf-8")) == [], script.name
    summary = (tmp_path / "summary.md").read_text("utf-8")
    for mark in ("![p]", "](http", "<img", "@somebody", "http://evil", "www.evil"):
        assert mark not in summary
    messages = [
        each["message"]["text"]
        for each in json.loads((tmp_path / "report.sarif").read_text("utf-8"))["runs"][0]["results"]
    ]
    assert any("evil" in each for each in messages)
    assert not any(re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", each) for each in messages)
    ElementTree.parse(tmp_path / "junit.xml")


async def test_stderr_shows_what_a_refused_key_was_told_and_nothing_acts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = nasty()
    gateway.status = 401
    async with serving(gateway):
        given = (*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
        assert await command("run", *given) == 3
    said = capsys.readouterr().err
    assert "[/v1/x]" in said
    assert unsafe(said) == []
    assert said.count("\n") == 1


def test_a_line_is_one_line_and_bounded() -> None:
    assert clean.line("a\r\nb\x85c\u2028d\x1be") == "a b c d\ufffde"
    assert len(clean.line("x" * 10**6, 100)) < 150
    assert clean.block("a\r\nb\tc\rd") == "a\nb\tc\ufffdd"


def test_a_printed_text_is_what_the_shell_prints() -> None:
    text = r"\033[31m \c $(echo no) `echo no` 'quoted' "
    ran = subprocess.run(["sh", "-c", clean.printed(text)], capture_output=True, check=True)
    assert ran.stdout.decode() == text.rstrip() + "\n"


def test_a_comment_is_never_more() -> None:
    text = "\n".join([clean.comment("a\nexit 3\r\nexit 4\u2028exit 5"), "exit 0"])
    assert subprocess.run(["sh", "-c", text], check=False).returncode == 0
