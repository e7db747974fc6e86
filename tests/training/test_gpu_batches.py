"""Batches that are brought ahead, or that lie on the device, are those of the plain way. Here the device is the CPU."""

import itertools

import pytest
import torch

from pipeline.training.batches import Batches
from pipeline.training.gpu_batches import PrefetchedBatches, ResidentBatches
from pipeline.training.steps import batches_on_gpu
from tests import tiny

IMAGES, SIZE, TURNS = 43, 8, 3


def plain(share=slice(0, SIZE)) -> Batches:
    return Batches(tiny.faces(IMAGES), SIZE, share, seed=1, noise_width=5, device=torch.device("cpu"))


@pytest.mark.parametrize("kind", [PrefetchedBatches, ResidentBatches])
@pytest.mark.parametrize("share", [slice(0, SIZE), slice(4, SIZE)])
def test_images_and_noise_are_the_same(kind, share):
    wanted, batches = plain(share), kind(plain(share), TURNS)
    try:
        for step, turn in itertools.product(range(12), (2, 1, 0)):  # two epochs and a bit, of five steps each
            for ours, theirs in zip(batches.draw(step, turn), wanted.draw(step, turn), strict=True):
                assert torch.equal(ours, theirs) and ours.dtype == torch.float32
                assert ours.stride() == theirs.stride()
    finally:
        batches.close()


def test_sources_always_have_the_same_shape():
    for batches in (PrefetchedBatches(plain(), 1), ResidentBatches(plain(), 1)):
        shapes = {tuple(tensor.shape for tensor in batches.source(step, 0)) for step in range(7)}
        batches.close()
        assert len(shapes) == 1


def test_a_resumed_training_begins_in_the_middle():
    wanted, batches = plain(), ResidentBatches(plain(), TURNS)
    assert torch.equal(batches.draw(8, 2)[0], wanted.draw(8, 2)[0])
    batches.close()


@pytest.mark.parametrize("enough", [True, False])
def test_a_gpu_that_is_too_small_is_said(monkeypatch, enough):
    """Half of the free memory has to be enough."""
    said, batches = [], plain()
    size = batches.images.nbytes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * size - 2 * (not enough), 0))
    chosen = batches_on_gpu(batches, 1, said.append)
    assert type(chosen) is (ResidentBatches if enough else PrefetchedBatches)
    assert bool(said) is not enough
    words = f"take {size / 2**20:.1f} MiB, and may take {(size - 1) / 2**20:.1f} MiB of the GPU's free memory"
    assert all(words in sentence for sentence in said)


def test_memory_that_another_process_takes_first_is_said(monkeypatch):
    said, batches, free = [], plain(), [10**9, 10**6]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free.pop(0), 0))

    def refuse(self, batches, turns):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(ResidentBatches, "__init__", refuse)
    assert type(batches_on_gpu(batches, 1, said.append)) is PrefetchedBatches
    assert len(said) == 1 and "may take 0.5 MiB" in said[0]
