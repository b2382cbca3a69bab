"""What SECURITY.md says is taken is taken, and a little more is refused, as `benchmarks.growth` prints."""

import pytest
from benchmarks.growth import LIMITS, try_limit

ANSWERED = {0, 4}


@pytest.mark.parametrize("name", LIMITS)
def test_the_largest_is_taken_and_a_little_more_is_refused(name: str) -> None:
    taken, size, _ = try_limit(name, more=False)
    refused, *_ = try_limit(name, more=True)
    assert size > 0
    assert taken in ANSWERED
    assert refused not in ANSWERED
