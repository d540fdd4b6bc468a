"""Text that is safe to print: no character of it moves the cursor, hides text, or begins a new line."""


def printable(text: str) -> str:
    """The text with each character that is not printable written as an escape, such as ``\\x1b`` or ``\\u202e``.

    Control characters, line breaks, the marks that change the direction of text, and the half characters that stand for
    bytes of a file name that are not UTF-8 (PEP 383) are not printable. All letters of all scripts are.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
