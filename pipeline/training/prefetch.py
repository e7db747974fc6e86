"""What the coming updates need, made by a thread before they ask for it."""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")
Key = tuple[int, int]  # a step and a turn, as `Batches.draw` takes them

AHEAD = 4  # updates


class Prefetch(Generic[Made]):
    """Makes things in a thread, one after the other, a few ahead of who takes them.

    Args:
        make: makes the thing of a key, in the thread.
        following: tells which key comes next.
        ahead: how many things wait at most.
    """

    def __init__(self, make: Callable[[Key], Made], following: Callable[[Key], Key], ahead: int = AHEAD):
        self.make, self.following, self.ahead = make, following, ahead
        self.thread: threading.Thread | None = None
        self.expected: Key | None = None

    def take(self, key: Key) -> Made:
        """Return the thing of a key. Where it is not the one that follows the last, the thread begins anew with it.

        Raises:
            Exception: what `make` has raised for it.
        """
        if key != self.expected:
            self.close()
            self.begin(key)
        made = self.things.get()
        if isinstance(made, Failure):
            self.expected = None
            raise made.error
        self.expected = self.following(key)
        return made

    def begin(self, key: Key) -> None:
        """Start a thread that makes the things from a key on."""
        self.things: queue.Queue[Made | Failure] = queue.Queue(self.ahead)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.work, args=(key, self.things, self.stopped), daemon=True,
                                       name="prefetch")
        self.thread.start()

    def work(self, key: Key, things: "queue.Queue[Made | Failure]", stopped: threading.Event) -> None:
        """Make one thing after the other, until the thread is to stop."""
        while not stopped.is_set():
            try:
                made: Made | Failure = self.make(key)
            except BaseException as error:  # it is raised where the thing is wanted
                made = Failure(error)
            while not stopped.is_set():
                try:
                    things.put(made, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if isinstance(made, Failure):
                return
            key = self.following(key)

    def close(self) -> None:
        """End the thread."""
        if self.thread is not None:
            self.stopped.set()
            self.thread.join()
        self.thread = self.expected = None


class Failure:
    """An error in place of a thing."""

    def __init__(self, error: BaseException):
        self.error = error
