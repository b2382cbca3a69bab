"""How hard laws and attacks try: with `ATTACK=50 python -m pytest tests` fifty times as much."""

import os
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from needlecare import NeedlecareError

TIMES = int(os.environ.get("ATTACK", "1"))
# A short run tries the same every time, so that nobody's change fails by chance; a long one looks further.
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


def tries(number: int) -> settings:
    """Try *number* examples, or as many times more as was asked for."""
    return settings(
        max_examples=number * TIMES, deadline=None, derandomize=TIMES == 1, database=None, suppress_health_check=_SLOW
    )


_T = TypeVar("_T")


def tried(use: Callable[[], _T]) -> tuple[_T | None, str]:
    """Give what *use* comes to, or what it says against it; anything but an error of our own is a find."""
    try:
        return use(), ""
    except NeedlecareError as error:
        return None, str(error) or "nothing"


_TOKEN = re.compile(rb"[\w-]+|\s+|[^\w\s]")
NASTY = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", b"\r", b"\x85", "\u2028".encode()),
    *(
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"#",
        b"&a",
        b"*a",
        b"<<",
        b"!!python/name:os.system",
        b"|",
        b"---",
    ),
    *(b"-1", b"0", b"1e999", b"NaN", b"9" * 400, b"0.1", b"2026-02-30", b"25:61", b"9999-12-31", b"no", b"null", b"~"),
    *(b"99999999d", b"-5h", b"3d..1d", b"0h", b"1y", b"999999999999w", b"5d..3d before", b"always", b"calm + 2d"),
    *("İ".encode(), "ﬀ".encode(), "👩🏽‍⚕️".encode(), b"x" * 3000),
)


@st.composite
def mutated(draw: st.DrawFn, originals: Sequence[bytes], words: Sequence[bytes] = NASTY) -> bytes:
    """Take one of *originals* and spoil it: tokens of it or *words* are put in, swapped, doubled, left out."""
    tokens = _TOKEN.findall(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(tokens)))
        length = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 20, 200]))
        other = draw(st.one_of(st.sampled_from(words), st.sampled_from(tokens or [b""]), st.binary(max_size=4)))
        match draw(st.sampled_from(["put", "put", "cut", "double", "end"])):
            case "put":
                tokens[at : at + length] = [other]
            case "cut":
                del tokens[at : at + length]
            case "double":
                tokens[at:at] = tokens[at : at + length] * draw(st.integers(1, 4))
            case _ if draw(st.booleans()):
                del tokens[at:]
    return b"".join(tokens)
