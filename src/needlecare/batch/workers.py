"""Work in several processes: each does every n-th portion and writes it when its turn comes, so order is kept."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, NamedTuple, NoReturn

from needlecare.batch.work import Outcome, Settings, Task, Work
from needlecare.errors import NeedlecareError, OutputError

Portion = list[Task]
Done = tuple[Portion, list[Outcome]]
# Portions on the way to one worker: one that it does, others that wait to be done, or done for their turn.
_AHEAD = 6
_PATIENCE = 5.0
_ALONE_FIRST = 40


class _Failure(NamedTuple):
    """Why a worker gave up; without a *reason*, whoever reads its lines has enough."""

    reason: str


class _UnreadError(Exception):
    """Whoever reads the lines has enough."""


class _Place(NamedTuple):
    """A worker's place among the others: its *pipe*, its turn to write, and that of whom it is followed by."""

    pipe: Connection
    mine: Semaphore
    following: Semaphore


class _Worker(NamedTuple):
    """A worker's *process*, the *pipe* that its outcomes come through, and the portions on their way *to* it."""

    process: BaseProcess
    pipe: Connection
    to: "SimpleQueue[Portion | None]"


def do_alone(work: Work, target: Path | None, portions: Iterable[Portion]) -> Iterator[Done]:
    """Do *portions* in this process; lines go to *target*, else to stdout."""
    with _lines_to(target) as out:
        for portion in portions:
            lines, outcomes = work.do(portion)
            out.writelines(lines)
            out.flush()
            yield portion, outcomes


def do_together(work: Work, target: Path | None, portions: Iterable[Portion], jobs: int) -> Iterator[Done]:
    """Do *portions* in *jobs* processes that write to *target* or stdout themselves, each when its turn comes."""
    context = multiprocessing.get_context()
    portions = iter(portions)
    shared = work if context.get_start_method() == "fork" else None
    if shared is not None and work.settings.folder is None:
        # What is learned from the first rows needn't be learned by each process again.
        yield from do_alone(work, target, islice(portions, _ALONE_FIRST))
    first = next(portions, None)
    if first is None:
        return
    turns = [context.Semaphore(1 if number == 0 else 0) for number in range(jobs)]
    workers: list[_Worker] = []
    try:
        with _uninterrupted():
            for number in range(jobs):
                ours, theirs = context.Pipe()
                place = _Place(theirs, turns[number], turns[(number + 1) % jobs])
                process = context.Process(target=_serve, args=(shared or work.settings, target, place), daemon=True)
                process.start()
                theirs.close()
                workers.append(_Worker(process, ours, SimpleQueue()))
        for worker in workers:
            threading.Thread(target=_hand_on, args=worker[1:], daemon=True).start()
        yield from _share_out(chain([first], portions), workers)
        for worker in workers:
            worker.to.put(None)
            worker.process.join(_PATIENCE)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        _explain(workers)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_PATIENCE)
            # Nobody reads what it writes: it would wait for ever.
            worker.process.kill()
            worker.process.join()


def _share_out(portions: Iterable[Portion], workers: list[_Worker]) -> Iterator[Done]:
    under_way: deque[Portion] = deque()
    taken = 0
    for number, portion in enumerate(portions):
        workers[number % len(workers)].to.put(portion)
        under_way.append(portion)
        if len(under_way) >= _AHEAD * len(workers):
            yield under_way.popleft(), _take(workers, taken)
            taken += 1
    while under_way:
        yield under_way.popleft(), _take(workers, taken)
        taken += 1


def _hand_on(pipe: Connection, portions: "SimpleQueue[Portion | None]") -> None:
    """Send *portions* to a worker in a thread: who takes outcomes back mustn't wait for one that waits to give them."""
    with contextlib.suppress(OSError):
        while (portion := portions.get()) is not None:
            pipe.send(portion)
        pipe.send(None)


def _take(workers: list[_Worker], number: int) -> list[Outcome]:
    """Wait for what became of a portion. A worker that ended keeps the others waiting, so all are looked at."""
    pipe = workers[number % len(workers)].pipe
    wait([pipe, *(worker.process.sentinel for worker in workers)])
    if not pipe.poll():
        raise EOFError
    found: list[Outcome] | _Failure = pipe.recv()
    if isinstance(found, _Failure):
        _fail(found)
    return found


def _fail(failure: _Failure) -> NoReturn:
    if failure.reason:
        raise OutputError(failure.reason)
    # Not BrokenPipeError: that is what a lost worker looks like.
    raise SystemExit(0)


def _explain(workers: list[_Worker]) -> None:
    """Raise what a worker said last, if it did."""
    for worker in workers:
        try:
            while worker.pipe.poll():
                found = worker.pipe.recv()
                if isinstance(found, _Failure):
                    _fail(found)
        except (EOFError, OSError):
            continue
    raise OutputError("a worker process was ended from outside; give fewer --jobs, or more memory")


def _serve(work: Work | Settings, target: Path | None, place: _Place) -> None:
    """Do the portions that come through a pipe until there are no more."""
    # Ctrl-C reaches every process; only the first one answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe, mine, following = place
    try:
        work = Work(work) if isinstance(work, Settings) else work
        # What is done and waits for its turn; whoever gave these portions takes all back before ending this.
        held: deque[tuple[list[bytes], list[Outcome]]] = deque()
        with _lines_to(target) as out:
            while (portion := _next(pipe)) is not None:
                held.append(work.do(portion))
                while held and _has_turn(mine, at_once=pipe.poll()):
                    lines, outcomes = held.popleft()
                    _write(out, lines)
                    following.release()
                    pipe.send(outcomes)
    except _UnreadError:
        failure = _Failure("")
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except NeedlecareError as error:
        failure = _Failure(str(error))
    except OSError as error:
        failure = _Failure(f"can't write: {error.strerror}")
    else:
        return
    pipe.send(failure)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C: a process that is started but not yet known here would be left behind."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C doesn't come here
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off being ended until a portion is written whole; where signals can't be held back, nothing is."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _next(pipe: Connection) -> Portion | None:
    while not pipe.poll(_PATIENCE):
        _look_for_parent()
    portion: Portion | None = pipe.recv()
    return portion


def _has_turn(turn: Semaphore, *, at_once: bool) -> bool:
    """Tell whether the turn has come: *at_once*, or as soon as it has."""
    while not turn.acquire(timeout=0 if at_once else _PATIENCE):
        if at_once:
            return False
        _look_for_parent()
    return True


def _write(out: BinaryIO, lines: list[bytes]) -> None:
    try:
        with _undisturbed():
            out.writelines(lines)
            out.flush()
    except BrokenPipeError:
        # What is still in the buffer has to go somewhere when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise _UnreadError from None


def _look_for_parent() -> None:
    """End where nobody is there any more to end this process."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise EOFError


@contextlib.contextmanager
def _lines_to(target: Path | None) -> Iterator[BinaryIO]:
    """Give where lines go: the end of *target*, else stdout."""
    if target is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
    else:
        # A file that is gone belonged to a run that was killed; this process ends soon, too.
        with open(target, "ab", opener=lambda path, flags: os.open(path, flags & ~os.O_CREAT)) as stream:
            yield stream
