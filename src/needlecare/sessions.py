"""Sessions: how far apart, and when the next one may be. Pure."""

from datetime import date

from needlecare.model.plan import Session
from needlecare.model.ruleset import Spacing
from needlecare.model.time import Duration, shift_date

Applying = tuple[tuple[Spacing, tuple[str, ...]], ...]


def next_session(spacings: Applying, last: date, *, number: int) -> Session | None:
    """Tell when session *number* may follow one on *last*; None where no rule says.

    Of several spacings the longest minimum counts, and an unknown fact counts as the answer that makes it longer.
    """
    timed = [(spacing, unsure) for spacing, unsure in spacings if spacing.every is not None]
    if not timed:
        return None
    deciding, unsure = max(timed, key=lambda pair: (_days(last, _nearest(pair[0])), not pair[1], pair[0].id))
    minimum = shift_date(last, _nearest(deciding))
    farthest = max(shift_date(last, _farthest(deciding)), minimum)
    overdue = max((shift_date(last, spacing.overdue) for spacing, _ in timed if spacing.overdue), default=None)
    certain = [spacing for spacing, doubt in timed if not doubt]
    milder = max((shift_date(last, _nearest(spacing)) for spacing in certain), default=None)
    count = deciding.count or next((spacing.count for spacing in certain if spacing.count), None)
    return Session(
        number,
        minimum,
        (minimum, farthest),
        max(overdue, farthest) if overdue else None,
        count,
        tuple(dict.fromkeys(saying.source for saying in deciding.says)),
        unsure,
        milder if unsure and milder != minimum else None,
        (),
    )


def _nearest(spacing: Spacing) -> Duration:
    assert spacing.every is not None
    return spacing.every[0]


def _farthest(spacing: Spacing) -> Duration:
    assert spacing.every is not None
    return spacing.every[1]


def _days(last: date, duration: Duration) -> int:
    return (shift_date(last, duration) - last).days
