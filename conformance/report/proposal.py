"""A patch to a file of known deviations, after which a report has none that are new or gone.

It is a unified diff that ``git apply`` takes. Which of the deviations shall be put up with is for
whoever applies it to say; nothing but the patch is written here.
"""

import re
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

import tomli_w

from conformance.collect.options import UsageError
from conformance.judge.deviations import CAUSE, Deviation
from conformance.report.model import Report
from conformance.untrusted import clean

HEAD = "# Where a live service differs from its document: `--deviations` for it.\n"
_BLOCK = re.compile(r"(?m)^(?=[ \t]*\[\[[ \t]*deviation[ \t]*\]\])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NAME = re.compile(r"[^\x00-\x1f\x7f\"\\]+")
_LONGEST = 200  # of a reason


def patch(path: Path, known: Sequence[Deviation], report: Report, run: str) -> str:
    """The diff of the file; empty where the report has nothing new."""
    old = path.read_bytes().decode() if path.exists() else ""
    new = [each for each in report.results if each.result in ("fail", "warn")]
    stale = {each.id for each in report.results if each.result == "stale"}
    changed = {each.id for each in new}
    gone = [
        each.rule in stale or (each.rule in changed and not each.signature.startswith(CAUSE))
        for each in known
    ]
    if not new and not any(gone):
        return ""
    head, *blocks = _BLOCK.split(old or HEAD)
    if len(blocks) == len(known):  # else they are written in another way, and stay
        pairs = zip(blocks, gone, strict=True)
        blocks = [block for block, is_gone in pairs if not is_gone]
    text = "".join([head, *blocks])
    for each in new:
        entry = {
            "rule": each.id,
            "signature": report.signature(each),
            "reason": clean.line(f"{run}: {each.message}", _LONGEST),
        }
        end = "" if text.endswith("\n") else "\n"
        text = f"{text}{end}\n[[deviation]]\n{tomli_w.dumps(entry)}"
    return diff(path, old, text)


def diff(path: Path, old: str, new: str) -> str:
    """A unified diff of a file, in the form of git; UsageError where git would not take it."""
    whole, here = path.absolute(), Path.cwd()
    if not whole.is_relative_to(here) or ".." in whole.parts or not _NAME.fullmatch(path.name):
        raise UsageError(f"--deviations: git applies no patch to {path}: it is not below {here}")
    name = whole.relative_to(here).as_posix()
    begun = "" if old else "new file mode 100644\n"
    before = f"a/{name}" if old else "/dev/null"
    lines = unified_diff(_LINE.findall(old), _LINE.findall(new), before, f"b/{name}")
    # What git says of a last line that does not end.
    ended = (
        one if one.endswith("\n") else f"{one}\n\\ No newline at end of file\n" for one in lines
    )
    return f"diff --git a/{name} b/{name}\n{begun}{''.join(ended)}"
