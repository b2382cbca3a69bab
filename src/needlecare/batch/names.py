"""A file name for a client: its id where that is harmless, else something like it with a mark of its own."""

import hashlib
import re
import unicodedata

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Names that Windows keeps for devices, whatever the suffix.
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]")
_READABLE = 40


def stem(client: str) -> str:
    """Give the name for *client* without a suffix. No id can give the name that another id has."""
    if _HARMLESS.fullmatch(client) and not _RESERVED.fullmatch(client):
        return client
    return marked_stem(client)


def marked_stem(client: str) -> str:
    """Give a name with the mark of *client*; `~` stands in no harmless id."""
    bare = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", bare).strip("-")[:_READABLE].strip("-")
    mark = hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable or 'client'}~{mark}"
