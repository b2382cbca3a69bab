"""Plans as lines of JSON, fast: the same bytes as from `build_timeline`, put together from parts that are kept."""

from datetime import date

from needlecare.batch.fast.day0 import Unsteady, look_at
from needlecare.batch.fast.drawing import Artist, Drawn
from needlecare.batch.fast.gaps import NOTHING, Text, holds_gap
from needlecare.batch.fast.line import Line
from needlecare.batch.fast.parts import BuiltPrecare, build_part, build_precare
from needlecare.batch.fast.people import Judge, People, Precare, write_field
from needlecare.batch.fast.shapes import Shapes
from needlecare.errors import InputError
from needlecare.model.facts import Facts
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Treatment, treated_on
from needlecare.sessions import next_session
from needlecare.timeline import build_timeline
from needlecare.timeline.entry import check_given
from needlecare.views.json import compact, render_line, treatment_record

_MOST_SESSIONS = 2048
_MOST_DAYS = 8192


class Planner:
    """Makes plans from one rule set; what it learns from one it uses for the next."""

    def __init__(self, rule_set: RuleSet) -> None:
        """Make a planner.

        Raises:
            InputError: *rule_set* is something else.
        """
        if not isinstance(rule_set, RuleSet):
            raise InputError(f"a planner is made of a rule set, as load_rules gives it, not {type(rule_set).__name__}")
        self._rule_set = rule_set
        artist = self._artist = Artist(rule_set)
        self._written: dict[object, Text] = {}
        self._following: dict[object, Text] = {}
        self._parts: Shapes[Drawn] = Shapes(rule_set, build_part, artist.draw, artist.join)
        self._precare: Shapes[Precare] = Shapes(rule_set, build_precare, _days_before)
        self._judge = Judge(rule_set, self._parts, self._precare)
        # A text that looks like a gap can't be told from one.
        self._mistakable = any(holds_gap(one) for one in vars(rule_set).values())

    def line(self, treatment: Treatment, facts: Facts, client: str) -> bytes:
        """Write the plan of *client* as one line.

        Raises:
            InputError: something of it is something else, or *client* can't be written.
        """
        check_given(self._rule_set, treatment, facts)
        if not isinstance(client, str):
            raise InputError(f"client is a text, such as a client's number in quotes, not {type(client).__name__}")
        try:
            if self._mistakable:
                raise Unsteady  # noqa: TRY301  one long way for all
            return self._put_together(treatment, facts, client)
        except Unsteady:
            return render_line(build_timeline(self._rule_set, treatment, facts), client).encode()
        except UnicodeEncodeError:
            raise InputError(f"client is no text that can be written: {client!r}") from None

    def _put_together(self, treatment: Treatment, facts: Facts, client: str) -> bytes:
        day0 = look_at(treatment)
        people, own = self._judge.person(treatment, facts)
        line = Line(day0, self._artist, self._parts.all_of(people.parts, day0))
        write = {
            "windows": line.add_windows,
            "days": line.add_days,
            "longer_if": line.add_longer_if,
            "shorter_if": line.add_shorter_if,
        }
        line.add(f'{{"id": {compact(client)}'.encode())
        for field in people.fields:
            if isinstance(field, bytes):
                line.add(field)
            elif field == "sessions":
                line.add_all([self._sessions(people, treatment)])
            elif field in write:
                write[field]()
            elif field == "treatment":
                line.add(write_field(field, treatment_record(treatment)))
            else:
                line.add(own[field])
        line.add(b"}\n")
        return line.filled()

    def _sessions(self, people: People, treatment: Treatment) -> Text:
        """Write the next session, the same for all who are treated on a day and wait as long."""
        asked = (people.course, treatment.day, treatment.zone)
        text = self._following.get(asked)
        if text is None:
            if len(self._following) >= _MOST_DAYS:
                self._following.clear()
            text = self._following[asked] = self._write_session(people, treatment)
        return text

    def _write_session(self, people: People, treatment: Treatment) -> Text:
        """Write the next session; with its dates as numbers of days from the treatment it is the same for many."""
        session = next_session(people.spacings, treatment.day, number=2)
        if session is None:
            return Text((b', "sessions": []',), (NOTHING,))
        following = look_at(treated_on(session.minimum, None, treatment.zone))
        (precare,) = self._precare.all_of(people.precare, following)
        first = treatment.day.toordinal()
        wait = session.minimum.toordinal() - first
        begins = tuple(sorted([(max(wait - days, 0), activity) for activity, days in precare]))
        key = (*[_relative(value, first) for value in session], begins)
        text = self._written.get(key)
        if text is None:
            if len(self._written) >= _MOST_SESSIONS:
                self._written.clear()
            dated = tuple((activity, date.fromordinal(first + days)) for days, activity in begins)
            text = self._written[key] = self._artist.draw_session(session._replace(precare=dated), treatment.day)
        return text


def _relative(value: object, first: int) -> object:
    """Give *value* with its dates as numbers of days."""
    if isinstance(value, date):
        return value.toordinal() - first
    return tuple([_relative(one, first) for one in value]) if isinstance(value, tuple) else value


def _days_before(precare: BuiltPrecare, treatment: Treatment, _: object) -> Precare:
    return tuple((activity, (treatment.day - first).days) for activity, first in precare[0])
