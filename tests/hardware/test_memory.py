import psutil
import pytest

from pipeline.hardware.memory import available_memory


def free() -> int:
    return psutil.virtual_memory().available


def test_without_a_limit_it_is_the_machines(tmp_path):
    assert available_memory(tmp_path) == pytest.approx(free(), abs=2e9)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5\n")
    assert available_memory(tmp_path) == pytest.approx(free(), abs=2e9)


@pytest.mark.parametrize(("limit", "use", "cache"), [
    ("memory.max", "memory.current", "inactive_file 4000\n"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "inactive_file 9\ntotal_inactive_file 4000\n")])
def test_a_containers_limit_counts(tmp_path, limit, use, cache):
    (tmp_path / "memory").mkdir()
    (tmp_path / limit).write_text("1000000\n")
    (tmp_path / use).write_text("300000\n")
    assert available_memory(tmp_path) == 700_000
    (tmp_path / use).with_name("memory.stat").write_text(f"active_file 1\n{cache}")
    assert available_memory(tmp_path) == 704_000
    (tmp_path / use).write_text("2000000\n")
    assert available_memory(tmp_path) == 0
