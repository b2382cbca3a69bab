"""How a clinic's exports are laid out: which column holds which field of a treatment, and how dates are written."""

from collections.abc import Collection

from needlecare.rules.cases import GIVEN
from needlecare.rules.fields import Entry
from needlecare.rules.places import Problems, Value

# Fields beside the facts that a rule set asks for.
FIELDS = ("id", *GIVEN)
DATES = "dates"


def plain(name: str) -> str:
    """Give *name* without what people write differently: case, hyphens, underscores, spaces."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def parse_batch(value: Value, facts: Collection[str], problems: Problems) -> dict[str, str]:
    """Read `batch: {id: Client no, date: Treatment date, dates: dmy}`."""
    if not isinstance(value, dict) or not all(isinstance(column, str) for column in value.values()):
        problems.add(
            value, "`batch` tells the columns of an export, such as {id: Client no, date: Treatment date, dates: dmy}"
        )
        return {}
    entry = Entry(value, problems, (*FIELDS, DATES, *facts), "`batch`")
    if value.get(DATES, "dmy") not in ("dmy", "mdy"):
        entry.note(DATES, "`dates` is dmy or mdy: how 03/04/2026 is meant")
    holders: dict[str, str] = {}
    for field, column in value.items():
        first = field if field == DATES else holders.setdefault(plain(column), field)
        if first != field:
            entry.note(field, f"the column `{column}` holds {first} already; give {field} a column of its own")
    return {str(field): str(column) for field, column in value.items()}
