"""Threads that keep bytes moving: one consumes behind, one reads ahead, one does a thing meanwhile."""

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Thread
from typing import Any, Generic, TypeVar

CHUNKS_AHEAD = 6
Result = TypeVar("Result")


def started(work: Callable[[], None]) -> Thread:
    """A thread at work. Raises ``MemoryError`` where there is no room for one more."""
    thread = Thread(target=work, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise MemoryError(str(error)) from error
    return thread


class Relay:
    """A thread that hands each chunk of a stream to a function, a few chunks behind."""

    def __init__(self, consume: Callable[[Any], object]) -> None:
        self._queue: Queue[Any] = Queue(CHUNKS_AHEAD)
        self._consume = consume
        self._error: BaseException | None = None
        self._thread = started(self._run)

    def put(self, chunk: Any) -> None:
        self._queue.put(chunk)

    def _run(self) -> None:
        while (chunk := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._consume(chunk)
                except BaseException as error:
                    self._error = error

    def finish(self) -> None:
        """Wait until all is consumed; raises what the function raised."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error


class Ahead:
    """An iterator that is read by a thread of its own, a few items ahead."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._queue: Queue[tuple[Any, BaseException | None]] = Queue(CHUNKS_AHEAD)
        self._stopped = False
        self._items = items
        self._thread = started(self._run)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if self._stopped:
                    return
                self._queue.put((item, None))
        except BaseException as caught:
            error = caught
        self._queue.put((None, error or StopIteration()))

    def __iter__(self) -> Iterator[Any]:
        while True:
            item, error = self._queue.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item

    def stop(self) -> None:
        """Let the thread end, whatever it still holds."""
        self._stopped = True
        while self._thread.is_alive():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._thread.join(0.01)


class Later(Generic[Result]):
    """A call that runs in a thread of its own; :meth:`result` waits for what it returns or raises."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = started(self._run)

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:
            self._error = error

    def result(self) -> Result:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]
