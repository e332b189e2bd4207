"""Text of others on a terminal."""


def plain(text: str) -> str:
    """A text that may quote what somebody sent, without what a terminal obeys."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
