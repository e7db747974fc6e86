"""What is said, and when it is given up, where no node of a cluster can run a task; for real in test_tasks.py."""

import pytest

from pipeline.cluster import placement
from pipeline.cluster.placement import Needs, lacking, result_of, say_what_is_waited_for
from pipeline.errors import InputError

NODES = [{"Alive": True, "Resources": {"CPU": 4.0, "memory": 2_000.0}},
         {"Alive": True, "Resources": {"CPU": 4.0, "memory": 1_000.0, "GPU": 1.0}},
         {"Alive": False, "Resources": {"CPU": 4.0, "memory": 1e15, "GPU": 8.0}},
         {"Alive": True, "Resources": {"memory": 1e15, "GPU": 8.0}}]  # a head that runs no tasks


@pytest.fixture
def nodes(monkeypatch):
    import ray

    found = list(NODES)
    monkeypatch.setattr(ray, "nodes", lambda: found)
    return found


@pytest.fixture
def elsewhere(cluster):
    return cluster.model_copy(update={"address": "auto"})


@pytest.mark.parametrize(("needs", "what"), [
    (Needs(), ""), (Needs(0, 2_000), ""), (Needs(1), ""), (Needs(1, 1_000), ""),
    (Needs(0, 2_001), "about 2 kB of memory, and none offers more than 2 kB"),
    (Needs(1, 2_000), "about 2 kB of memory, and none offers more than 1 kB beside a GPU"),
    (Needs(0, 10**13), "about 10 TB of memory, and none offers more than 2 kB")])
def test_what_no_node_has(nodes, needs, what):
    assert lacking(needs) == what


def test_without_a_core_or_a_gpu(nodes):
    del nodes[1]
    assert lacking(Needs(1)) == "a core and 1 GPU, and none has both" and not lacking(Needs())
    del nodes[0]
    assert lacking(Needs()) == lacking(Needs(1)) == "a core, and none has one"


def test_it_is_said_and_in_the_end_refused(nodes, elsewhere, capsys):
    assert not say_what_is_waited_for(elsewhere, Needs(1))
    assert not capsys.readouterr().err
    assert say_what_is_waited_for(elsewhere, Needs(0, 5_000))
    assert capsys.readouterr().err == (
        "waiting for a node: a task needs a node of the Ray cluster at auto with about 5 kB of memory, and none offers "
        "more than 2 kB now; if the cluster starts none by itself, add one, or set cluster.address to null to work on "
        "this machine\n")
    assert say_what_is_waited_for(elsewhere, Needs(0, 5_000), waited=120)
    assert "more than 2 kB now (2 minutes so far, 30 at most); if the cluster " in capsys.readouterr().err
    with pytest.raises(InputError, match="^a task needs a node of the Ray cluster at auto with .*, for 30 minutes now; "
                                         "add such a node, or set cluster.address to null to work on this machine; "):
        say_what_is_waited_for(elsewhere, Needs(0, 5_000), waited=1800)


def test_a_task_that_runs_long_is_waited_for_without_a_word(nodes, elsewhere, monkeypatch, capsys):
    import ray

    rounds = []
    monkeypatch.setattr(ray, "wait", lambda references, timeout: (rounds.append(timeout) or len(rounds) > 50, []))
    monkeypatch.setattr(ray, "get", lambda reference: f"result of {reference}")
    assert result_of(elsewhere, "task", Needs(1, 500)) == "result of task"
    assert len(rounds) == 51 and not capsys.readouterr().err


def test_a_node_that_comes_in_time_ends_the_waiting(nodes, elsewhere, monkeypatch, capsys):
    import ray

    clock = [1000.0]

    def wait(references, timeout):
        clock[0] += timeout
        if clock[0] == 1000 + 20 * 60:
            nodes.append({"Alive": True, "Resources": {"CPU": 4.0, "memory": 9_000.0}})
        if clock[0] == 1000 + 40 * 60:  # and goes again
            nodes.pop()
        return clock[0] > 1000 + 60 * 60, []

    monkeypatch.setattr(placement.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(ray, "wait", wait)
    monkeypatch.setattr(ray, "get", lambda reference: "done")
    assert result_of(elsewhere, "task", Needs(0, 5_000)) == "done"
    said = capsys.readouterr().err
    assert "(19 minutes so far" in said and "(20 minutes so far" in said and "(22 minutes" not in said
