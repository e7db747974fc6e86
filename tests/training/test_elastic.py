"""How many workers train, as nodes come and go. tests/test_elastic.py has real nodes."""

import socket
from types import SimpleNamespace

import pytest
from ray.train.v2.api.config import ScalingConfig

from pipeline.training import elastic
from pipeline.training.batches import even_workers


@pytest.mark.parametrize(("size", "most", "workers"), [(64, 4, 4), (64, 3, 2), (64, 1, 1), (60, 5, 5), (63, 8, 7),
                                                       (7, 6, 1), (64, 0, 0), (8, 100, 8)])
def test_workers_share_a_batch_evenly(size, most, workers):
    assert even_workers(size, most) == workers


@pytest.fixture
def counted(monkeypatch):
    """counted(size, cores of each node, lost, draining) -> the number of workers, of 1 to 8."""
    def counted(size: int, cores: list[int], lost: tuple[int, ...] = (), draining: tuple[int, ...] = ()) -> int:
        nodes = [{"NodeID": str(number), "Alive": True} for number in range(len(cores))]
        monkeypatch.setattr(elastic.ray, "nodes", lambda: nodes)
        monkeypatch.setattr(elastic, "_get_draining_nodes", lambda: {str(node): 0 for node in draining})
        monkeypatch.setattr(elastic, "answers", lambda node: int(node["NodeID"]) not in lost)
        policy = elastic.EvenWorkers(ScalingConfig(num_workers=(1, 8), resources_per_worker={"CPU": 1}), size)
        return policy._count_possible_workers({str(number): {"CPU": float(of)} for number, of in enumerate(cores)})
    return counted


def test_a_number_that_does_not_divide_the_batch_never_trains(counted):
    assert [counted(64, [1] * nodes) for nodes in range(1, 11)] == [1, 2, 2, 4, 4, 4, 4, 8, 8, 8]
    assert counted(60, [3, 2, 1, 1]) == 6


def test_nodes_that_are_lost_or_will_be_do_not_count(counted):
    assert counted(64, [2, 1, 1]) == 4
    assert counted(64, [2, 1, 1], lost=(1,)) == 2
    assert counted(64, [2, 1, 1], draining=(0,)) == 2
    assert counted(64, [2, 1, 1], lost=(1,), draining=(0, 2)) == 0


@pytest.mark.parametrize(("draining", "cores", "workers"), [
    ((), [1, 1], None), ((1,), [1, 1], None), ((), [1], 1), ((), [2, 2], 4), ((1,), [3, 1, 1], 4)])
def test_a_node_that_will_be_taken_away_makes_no_fewer_before_its_workers_have_heard(monkeypatch, draining, cores,
                                                                                     workers):
    """Two workers train, on nodes with so many cores. workers: in what number they start again."""
    monkeypatch.setattr(elastic.ray, "nodes", lambda: [{"NodeID": f"{node}"} for node in range(len(cores))])
    monkeypatch.setattr(elastic, "_get_draining_nodes", lambda: {f"{node}": 0 for node in draining})
    monkeypatch.setattr(elastic, "answers", lambda node: True)
    policy = elastic.EvenWorkers(ScalingConfig(num_workers=(1, 4), resources_per_worker={"CPU": 1}), 64)
    monkeypatch.setattr(policy, "_maybe_send_resource_request", lambda: None)
    monkeypatch.setattr(policy, "_get_reserved_resources",
                        lambda: {f"{node}": {"CPU": float(of)} for node, of in enumerate(cores)})
    decision = policy.make_decision_for_running_worker_group(SimpleNamespace(start_time=0.0, num_workers=2), None)
    assert getattr(decision, "num_workers", None) == workers


def test_a_node_is_asked_whether_it_is_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        node = {"NodeManagerAddress": "127.0.0.1", "NodeManagerPort": server.getsockname()[1], "Alive": True}
        assert elastic.answers(node) and not elastic.answers(node | {"Alive": False})
    assert not elastic.answers(node)


def test_waiting_for_nodes_is_said_once(monkeypatch, capsys):
    policy = elastic.EvenWorkers(ScalingConfig(num_workers=(2, 4), resources_per_worker={"CPU": 1}), 64)
    monkeypatch.setattr(elastic.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(policy, "_maybe_send_resource_request", lambda: None)
    monkeypatch.setattr(elastic.ray, "nodes", lambda: [])
    monkeypatch.setattr(elastic, "_get_draining_nodes", lambda: None)
    monkeypatch.setattr(policy, "_get_reserved_resources", lambda: {"gone": {"CPU": 4.0}})
    for _ in range(3):
        assert isinstance(policy.make_decision_for_non_running_worker_group(), elastic.NoopDecision)
    assert capsys.readouterr().out.count("waiting for nodes: ") == 1


def test_without_an_answer_nothing_is_said_of_nodes(monkeypatch, capsys):
    policy = elastic.EvenWorkers(ScalingConfig(num_workers=(2, 4), resources_per_worker={"CPU": 1}), 64)
    monkeypatch.setattr(elastic.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(policy, "_maybe_send_resource_request", lambda: None)
    monkeypatch.setattr(policy, "_get_reserved_resources", lambda: None)
    assert isinstance(policy.make_decision_for_non_running_worker_group(), elastic.NoopDecision)
    assert not capsys.readouterr().out and not policy.waiting


def test_ray_still_has_what_is_replaced():
    """Names of Ray's own that are not in its documentation. The real training in tests/test_elastic.py uses them."""
    replaced = ((elastic.ElasticScalingPolicy, "_count_possible_workers"),
                (elastic.TorchTrainer, "_initialize_and_run_controller"),
                (elastic.ElasticScalingPolicy, "_send_resource_request"),
                (elastic.ElasticScalingPolicy, "make_decision_for_running_worker_group"),
                (elastic.ElasticScalingPolicy, "_get_reserved_resources"),
                (elastic.ElasticScalingPolicy, "make_decision_for_non_running_worker_group"))
    assert all(hasattr(of, name) for of, name in replaced)
