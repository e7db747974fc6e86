"""A thread makes what comes next; errors and jumps end up with who takes it."""

import threading

import pytest

from pipeline.training.prefetch import Prefetch

TURNS = 2


def following(key):
    step, turn = key
    return (step, turn - 1) if turn else (step + 1, TURNS - 1)


@pytest.fixture
def prefetch():
    def made(make, ahead=3):
        opened.append(Prefetch(make, following, ahead))
        return opened[-1]

    opened = []
    yield made
    for one in opened:
        one.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def test_things_come_in_order_made_by_another_thread(prefetch):
    threads = set()

    def make(key):
        threads.add(threading.current_thread())
        return key

    things = prefetch(make)
    keys = [(step, turn) for step in range(5) for turn in (1, 0)]
    assert [things.take(key) for key in keys] == keys
    assert len(threads) == 1 and threading.current_thread() not in threads


def test_it_is_only_so_far_ahead(prefetch):
    made, enough = [], threading.Event()

    def make(key):
        made.append(key)
        if len(made) == 4:
            enough.set()
        return key

    things = prefetch(make, ahead=2)
    things.take((0, 1))
    assert enough.wait(5)                       # the one taken, two that wait, and one in hand
    assert not threading.Event().wait(0.1) and len(made) == 4


def test_a_jump_begins_anew(prefetch):
    things = prefetch(lambda key: key)
    assert things.take((0, 1)) == (0, 1)
    assert things.take((7, 0)) == (7, 0)
    assert things.take((8, 1)) == (8, 1)


def test_an_error_is_raised_where_the_thing_is_wanted_and_it_can_be_tried_again(prefetch):
    broken = [True]

    def make(key):
        if key == (1, 1) and broken.pop():
            raise OSError("no such image")
        return key

    things = prefetch(make)
    assert [things.take(key) for key in ((0, 1), (0, 0))] == [(0, 1), (0, 0)]
    with pytest.raises(OSError, match="no such image"):
        things.take((1, 1))
    broken.append(False)
    assert things.take((1, 1)) == (1, 1)
