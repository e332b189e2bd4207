"""What a built distribution says of the repository it comes from; hatchling asks for it.

A checkout does not know its own address, and on PyPI a link to a file beside the README leads
nowhere. So the workflow of a release names the address in ``SEEDANCE_PROJECT_URL``: the README's
links then lead to the files of the released version there, and the project has its links. A wheel
that is built without it names the files instead. A wheel built from a source distribution says what
that one said, since hatchling reads the dynamic fields from its PKG-INFO.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE = "SEEDANCE_PROJECT_URL"
# A link to a file of the repository: neither to another site nor to a heading of the same page.
LINK = re.compile(r"\[([^\]\[]+)\]\((?![a-z][a-z0-9+.-]*:|#)([^)\s]+)\)")


class Repository(MetadataHookInterface):
    """Adds the README and, where the repository's address is known, the project's links."""

    def update(self, metadata: dict[str, Any]) -> None:
        home = os.environ.get(VARIABLE, "").rstrip("/")
        text = Path(self.root, "README.md").read_text("utf-8")
        files = f"{home}/blob/v{metadata['version']}" if home else ""
        said = readable(text, files)
        metadata["readme"] = {"content-type": "text/markdown", "text": said}
        metadata["urls"] = links(home) if home else {}


def readable(text: str, files: str) -> str:
    """The README away from its repository; ``files`` is the address of the files, or empty."""
    if files:
        return LINK.sub(rf"[\1]({files}/\2)", text)
    return LINK.sub(lambda one: named(one[1], one[2].partition("#")[0]), text)


def named(words: str, path: str) -> str:
    """What stands in the place of a link that would lead nowhere."""
    return f"`{path}`" if words == path else f"{words}: `{path}`"


def links(home: str) -> dict[str, str]:
    """The project's links on PyPI."""
    return {
        "Source": home,
        "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{home}/issues",
    }
