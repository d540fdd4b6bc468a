"""Plain text for a manual page."""


def text(words: str) -> str:
    """Text in which roff finds no command and no escape."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-")
    # groff's own names for all other letters, so that no encoding needs to be declared.
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
