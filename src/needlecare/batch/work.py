"""The work on one row: its fields in, a line of JSON or a file out, or the reason why not."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from needlecare.batch.cases import Case, Cases, Texts, fingerprint
from needlecare.batch.ledger import Kept
from needlecare.errors import InputError
from needlecare.model.ruleset import RuleSet
from needlecare.timeline import build_timeline
from needlecare.views.formats import for_file, render
from needlecare.views.harmless import escape
from needlecare.views.json import SCHEMA_VERSION, render_line
from needlecare.whole import Whole

LINES = "jsonl"
# A problem quotes the row, however much stands in it.
_LONGEST_PROBLEM = 2000


class Settings(NamedTuple):
    """What holds for every row; plain values, so that another process can be told.

    *folder* is None for JSON Lines; *inline* puts errors among them; *resume* leaves files that are as they should be.
    """

    rules: str | None
    tz: str | None
    order: str | None
    today: date | None
    defaults: Mapping[str, Texts]
    format: str
    folder: str | None
    inline: bool
    resume: bool


class Task(NamedTuple):
    """One row to do, unless there is a *problem* with it; *kept* is the file that its client has."""

    line: int
    client: str
    fields: Mapping[str, Texts]
    kept: Kept | None
    problem: str


class Outcome(NamedTuple):
    """What became of a row: a *problem*, or its file as it is now; *done* is false where it was left as it is."""

    problem: str
    kept: Kept | None = None
    done: bool = True


class Work:
    """Does rows one after the other; what it learns from one it uses for the next."""

    def __init__(self, settings: Settings) -> None:
        from needlecare.dates import machine_zone, parse_zone
        from needlecare.rules.load import load_rules

        self.settings = settings
        self.rule_set: RuleSet = load_rules(settings.rules) if settings.rules else load_rules()
        zone = parse_zone(settings.tz) if settings.tz else machine_zone()
        self._cases = Cases(
            self.rule_set,
            zone,
            order=settings.order or self.rule_set.batch.get("dates"),
            today=settings.today,
            defaults=settings.defaults,
        )
        # The picture of a logo isn't in the rule set's own digest: the rules are the same without it.
        clinic = sha256(repr(self.rule_set.clinic).encode()).hexdigest()
        self._basis = f"{_program_version()} {settings.format} {self.rule_set.digest} {self.rule_set.version} {clinic}"

    def do(self, tasks: Iterable[Task]) -> tuple[list[bytes], list[Outcome]]:
        """Do *tasks*: give the lines to write, and what became of each."""
        lines: list[bytes] = []
        outcomes: list[Outcome] = []
        for task in tasks:
            try:
                if task.problem:
                    raise InputError(self._with_others(task))  # noqa: TRY301  both kinds of problem end in one place
                case = self._cases.read(task.fields)
                if self.settings.folder is None:
                    lines.append(self._line(task.client, case))
                    outcomes.append(Outcome(""))
                else:
                    outcomes.append(self._file(task, case))
            except InputError as error:
                problem = str(error)[:_LONGEST_PROBLEM]
                outcomes.append(Outcome(problem))
                if self.settings.inline:
                    lines.append(_error_line(task, problem))
        return lines, outcomes

    def _with_others(self, task: Task) -> str:
        """Tell the problem of *task*, and what else can't be read in its row."""
        try:
            if task.fields:
                self._cases.read(task.fields)
        except InputError as error:
            return f"{task.problem}; {error}"
        return task.problem

    def _line(self, client: str, case: Case) -> bytes:
        return render_line(build_timeline(self.rule_set, *case), client).encode()

    def _file(self, task: Task, case: Case) -> Outcome:
        """Write the file of one client, unless it is there already, made of the same."""
        kept, path = task.kept, Path(self.settings.folder or "")
        if kept is None:
            raise InputError("no file name is free for this id")
        digest = sha256(f"{self._basis} {task.client} {fingerprint(case)}".encode()).digest()
        if self.settings.resume and digest == kept.digest and _size(path / kept.name) == kept.size:
            return Outcome("", kept, done=False)
        text = render(build_timeline(self.rule_set, *case), self.settings.format, client=task.client)
        data = for_file(text, self.settings.format).encode()
        write_whole(path / kept.name, data)
        return Outcome("", Kept(kept.name, digest, len(data)))


def write_whole(path: Path, data: bytes) -> None:
    """Write *data* to *path* whole or not at all; a link there is replaced, never followed.

    Raises:
        InputError: there is a folder.
        OutputError: nothing can be written there.
    """
    if path.is_dir():
        raise InputError(f"{path.name} is a folder; move it away")
    with Whole(path, alone=False) as beside:
        beside.write_bytes(data)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return -1


def _error_line(task: Task, problem: str) -> bytes:
    record = {"id": task.client or None, "line": task.line, "error": problem, "schema_version": SCHEMA_VERSION}
    return f"{escape(json.dumps(record, ensure_ascii=False))}\n".encode()


def _program_version() -> str:
    from importlib.metadata import version

    return version("needlecare")
