"""Text that somebody else wrote, made harmless for the medium that it is shown in.

An endpoint chooses every byte of its answers, and so does whoever wrote a recording. In whatever
they say nothing may act: no escape of a terminal, no markup, no mention, no end of a comment. Each
medium has one function here, and whatever shows such text goes through it. What cannot be shown
becomes U+FFFD, so that a reader sees that there was something.
"""

import re
import shlex
from xml.sax.saxutils import escape, quoteattr

LINE, BLOCK = 1000, 4000
# What begins a construct of Markdown, a table's cell, an entity or a link of GitHub's dialect.
MARKS = re.compile(r"([\\`*_{}\[\]()<>#!|~:.&$^])")
# After these GitHub puts links to people and issues into text that holds no Markdown at all.
TOUCHY = re.compile(r"([@#])(?=\w)|(?<=\w)([@#])")
APART = "\u200b"


def block(text: str, most: int = BLOCK) -> str:
    """Some lines of text, cut where it is too long: a page or a log may show them as they are.

    Controls, surrogates and what turns the direction of writing are replaced.
    """
    plain = text[:most].replace("\r\n", "\n")
    if not plain.replace("\n", "").replace("\t", "").isprintable():  # as nearly every text is
        plain = "".join(
            char if char.isprintable() or char in "\n\t" else "\ufffd" for char in plain
        )
    return plain if len(text) <= most else f"{plain}… ({len(text)} characters)"


def line(text: str, most: int = LINE) -> str:
    """The same in one line: for a terminal, stderr, a comment of a script."""
    return block(" ".join(text[: 4 * most].split()), most)


def markdown(text: str, most: int = 300) -> str:
    """One line that Markdown shows as it stands: no image, link, mention, HTML or table's end."""
    apart = TOUCHY.sub(lambda found: f"{found[0]}{APART}", line(text, most))
    return MARKS.sub(r"\\\1", apart)


def sarif(text: str) -> str:
    """One line for a message of SARIF, whose plain text knows links of the form [text](place)."""
    return re.sub(r"([\\\[\]])", r"\\\1", line(text))


def attribute(text: str) -> str:
    """The value of an XML attribute, with its quotes."""
    return quoteattr(block(text))


def element(text: str) -> str:
    """The text of an XML element."""
    return escape(block(text))


def comment(text: str, most: int = 300) -> str:
    """A line of a shell script that does nothing."""
    return f"# {line(text, most)}"


def printed(text: str, most: int = 500) -> str:
    """A line of a shell script that prints a text, also where `echo` would read its backslashes."""
    return f"printf '%s\\n' {shlex.quote(line(text, most))}"
