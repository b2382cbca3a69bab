"""What a terminal would obey, and how text of unknown origin is kept from giving it orders."""

import re

# Control characters, line separators, and marks that turn the direction of text: harmless on paper, not in a terminal.
_MARKS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_UNSAFE = (*range(0x20), *range(0x7F, 0xA0), *_MARKS)
_FOUND = re.compile("[" + "".join(map(chr, _UNSAFE)) + "]")
_FOUND_IN_LINES = re.compile("[" + "".join(map(chr, set(_UNSAFE) - {ord("\n")})) + "]")
_REMOVED = dict.fromkeys(_UNSAFE)
_ESCAPED = {code: f"\\u{code:04x}" for code in _UNSAFE}


def harmless(text: str) -> str:
    """Take out what a terminal would obey."""
    return text.translate(_REMOVED)


def harmless_lines(text: str) -> str:
    """Take out what a terminal would obey, besides the ends of lines."""
    # Looking is faster than translating, and nearly always there is nothing to do.
    return "\n".join(map(harmless, text.split("\n"))) if _FOUND_IN_LINES.search(text) else text


def escape(text: str) -> str:
    """Write what a terminal would obey as the escapes of JSON: the same text to whoever reads the data."""
    # Looking is faster than translating, and nearly always there is nothing to do.
    return text.translate(_ESCAPED) if _FOUND.search(text) else text
