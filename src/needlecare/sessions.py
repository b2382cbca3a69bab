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
    timed = [(spacing, spacing.every, unsure) for spacing, unsure in spacings if spacing.every is not None]
    if not timed:
        return None
    deciding, (near, far), unsure = max(timed, key=lambda one: (_days(last, one[1][0]), not one[2], one[0].id))
    minimum = shift_date(last, near)
    farthest = max(shift_date(last, far), minimum)
    overdue = max((shift_date(last, spacing.overdue) for spacing, _, _ in timed if spacing.overdue), default=None)
    certain = [spacing for spacing, _, doubt in timed if not doubt]
    milder = max((shift_date(last, every[0]) for _, every, doubt in timed if not doubt), default=None)
    total = deciding.total or next((spacing.total for spacing in certain if spacing.total), None)
    return Session(
        number,
        minimum,
        (minimum, farthest),
        max(overdue, farthest) if overdue else None,
        total,
        tuple(dict.fromkeys(saying.source for saying in deciding.says)),
        unsure,
        milder if unsure and milder != minimum else None,
        (),
    )


def _days(last: date, duration: Duration) -> int:
    return (shift_date(last, duration) - last).days
