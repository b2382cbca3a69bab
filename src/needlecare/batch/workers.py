"""Processes that plan rows side by side. None of them writes anything but its answers to the one that started it.

So nothing is written any more once that one has ended, whatever ended it.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from multiprocessing.connection import Connection
from queue import SimpleQueue

from needlecare.batch.plans import ClientRow, Result, RowPlanner
from needlecare.errors import OutputError

# Rows that go to a worker at once: enough to make the way short, few enough to keep little in memory.
_PORTION = 16
# Portions under way for each worker: one in work, and some that are done but not yet due, or wait.
_AHEAD = 3

Portion = list[ClientRow]


def plan_together(planner: RowPlanner, rows: Iterable[ClientRow], jobs: int) -> Iterator[tuple[ClientRow, Result]]:
    """Plan *rows* in *jobs* processes; yield each with its result, in their order.

    Raises:
        OutputError: a process was ended from outside.
    """
    rows = iter(rows)
    under_way: deque[tuple[Portion, Future[list[Result]]]] = deque()
    # Left in the opposite order: when the workers are gone, no thread waits for one any more.
    with ThreadPoolExecutor(jobs) as threads, _started(planner, jobs) as workers:
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in workers:
            idle.put(worker)

        def plan(portion: Portion) -> list[Result]:
            worker = idle.get()
            try:
                return worker.plan(portion)
            finally:
                idle.put(worker)

        while portion := list(islice(rows, _PORTION)):
            under_way.append((portion, threads.submit(plan, portion)))
            if len(under_way) == _AHEAD * jobs:
                yield from _finished(under_way)
        while under_way:
            yield from _finished(under_way)


def _finished(under_way: "deque[tuple[Portion, Future[list[Result]]]]") -> Iterator[tuple[ClientRow, Result]]:
    portion, results = under_way.popleft()
    yield from zip(portion, results.result(), strict=True)


class _Worker:
    """A process that plans rows, behind a pipe that no other worker answers through.

    An executor of processes has one pipe for all answers. It waits for ever if one of them is killed in the middle of a
    long answer, as happens where memory is short.
    """

    def __init__(self, planner: RowPlanner) -> None:
        # To fork is quick, and safe: no thread has been started yet. Elsewhere the planner is made anew.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(planner, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def plan(self, portion: Portion) -> list[Result]:
        """Have *portion* planned."""
        try:
            self._pipe.send(portion)
            found: list[Result] | Exception = self._pipe.recv()
        except (EOFError, OSError):
            raise OutputError("a worker process was ended from outside; give fewer --jobs, or more memory") from None
        if isinstance(found, Exception):
            raise found
        return found

    def kill(self) -> None:
        """End it at once; it has nothing to lose."""
        self._process.kill()
        self._process.join()


@contextlib.contextmanager
def _started(planner: RowPlanner, jobs: int) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        with _signals_held():
            for _ in range(jobs):
                workers.append(_Worker(planner))  # noqa: PERF401  those that are started must be known
        yield workers
    finally:
        for worker in workers:
            worker.kill()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Put signals off: a process that is started but not yet known here would be left behind."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(planner: RowPlanner, pipe: Connection) -> None:
    """Plan the portions that come through *pipe* until nobody is at its other end."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            # Ctrl-C reaches every process; only the first one answers.
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            portion = pipe.recv()
            try:
                pipe.send([planner.plan(row) for row in portion])
            except Exception as error:  # noqa: BLE001  it is raised where somebody sees it
                pipe.send(error)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it has ended.

    The pipe alone doesn't show that: workers that were started later hold its other end open, too.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
