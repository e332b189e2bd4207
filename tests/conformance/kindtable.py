"""The table of kinds in `fixtures/README.md`, made from `kinds.toml`, the draws and the judges.

`python -m tests.conformance.kindtable --write` makes it anew after a change of kinds.
"""

import sys

from conformance.catalogue import documents
from conformance.judge import parts

FILE = documents.folder() / "README.md"
BEGIN, END = "<!-- kinds -->\n", "<!-- /kinds -->\n"
HEAD = ("kind", "what it says", "keys it needs", "keys it may have", "drawn by", "judged by")


def line(*cells: str) -> str:
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |\n"


def table() -> str:
    """One line a kind, in the order of `kinds.toml`."""
    lines = [line(*HEAD), line(*("---" for _ in HEAD))]
    for name, each in parts.all().items():
        keys = (" ".join(sorted(found)) for found in (each.schema.needs, each.schema.may))
        named = (f"`{found}`" if found else "" for found in (*keys, *each.where))
        lines.append(line(f"`{name}`", each.schema.says, *named))
    return "".join(lines)


def main() -> int:
    """Print the table, or write it."""
    if sys.argv[1:] == ["--write"]:
        text = FILE.read_text("utf-8")
        before, after = text[: text.index(BEGIN)], text[text.index(END) :]
        FILE.write_text(before + BEGIN + table() + after, "utf-8")
    else:
        sys.stdout.write(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
