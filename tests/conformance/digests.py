"""What the catalogue says, a digest a dialect: a change of form must not change what is read.

`python -m tests.conformance.digests --write` notes it anew after a change of rows that is meant.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from conformance.catalogue import documents
from conformance.catalogue.rows import Row, thaw


def said(row: Row) -> list[Any]:
    """All that a row says; what stands in a table keeps its order, for draws go by it."""
    expect = thaw(row.expect)
    return [
        *(row.id, row.dialect, row.area, row.level, row.basis, row.requirement, row.source.key),
        *(row.section, row.cost, row.field, row.readings, row.excluded),
        [[key, expect[key]] for key in sorted(expect)],
    ]


def digest(dialect: str) -> str:
    """The number of a dialect's rows and a digest of them, in their order."""
    rows = documents.catalogue(dialect).rows
    text = json.dumps([said(row) for row in rows], ensure_ascii=False)
    return f"{len(rows)} rows {hashlib.sha256(text.encode()).hexdigest()[:32]}"


def file(dialect: str) -> Path:
    """Where the digest of a dialect's rows is noted."""
    return documents.folder() / dialect / "digest"


def main() -> int:
    """Print the digests, or write them."""
    for name in documents.dialects():
        if sys.argv[1:] == ["--write"]:
            file(name).write_text(digest(name) + "\n", "utf-8")
        sys.stdout.write(f"{name}: {digest(name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
