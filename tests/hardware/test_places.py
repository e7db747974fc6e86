"""Which places processes take. Real processes, real locks."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.hardware import places

PROJECT = Path(__file__).resolve().parents[2]
TAKE = ("import sys\nfrom pipeline.hardware import places\nprint(*eval(sys.argv[1]), flush=True)\nsys.stdin.read()")
GPUS = ["GPU-a", "GPU-b", "GPU-c"]


class Process:
    """A process that takes a place, and has it until it is stopped."""

    def __init__(self, code: str, folder: Path, script: str = TAKE) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", script, code], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, cwd=PROJECT,
                                        env={**os.environ, "TMPDIR": str(folder)})

    def said(self) -> list[int]:
        return [int(word) for word in self.process.stdout.readline().split()]

    def end(self, how: int) -> None:
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[[str], Process]]:
    begun: list[Process] = []

    def begin(code: str) -> Process:
        begun.append(Process(code, tmp_path))
        return begun[-1]

    yield begin
    for process in begun:
        process.process.kill()
        process.process.communicate()


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path))
    yield places.folder()
    places.give_back()


def test_each_process_takes_another_gpu_and_they_share_when_all_are_taken(start):
    taken = [start(f"places.take_least_taken({GPUS})").said() for _ in range(5)]
    assert taken == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1]]


def test_processes_that_choose_at_the_same_moment_choose_differently(start):
    begun = [start(f"places.take_least_taken({GPUS})") for _ in range(6)]
    assert sorted(process.said() for process in begun) == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_frees_its_gpu_and_its_file_is_deleted(start, own_folder, how):
    first = start(f"places.take_least_taken({GPUS})")
    assert first.said() == [0, 0]
    assert start(f"places.take_least_taken({GPUS})").said() == [1, 0]
    first.end(how)
    assert start(f"places.take_least_taken({GPUS})").said() == [0, 0]
    assert sorted(path.name.partition(".")[0] for path in own_folder.iterdir() if path.name != places.CHOICE) == [
        "GPU-a", "GPU-b"]


def test_a_process_that_sees_one_gpu_takes_it_and_others_avoid_it(start):
    assert start("places.take_least_taken(['GPU-a'])").said() == [0, 0]
    assert start("places.take_least_taken(['GPU-b', 'GPU-a'])").said() == [0, 0]
    assert start("places.take_least_taken(['GPU-a', 'GPU-b', 'GPU-c'])").said() == [2, 0]
    assert start("places.take_least_taken(['GPU-a'])").said() == [0, 1]


def test_a_program_that_a_holder_starts_does_not_keep_its_place(tmp_path, start):
    script = ("import subprocess, sys\nfrom pipeline.hardware import places\n"
              "print(*places.take_least_taken(['GPU-a']), flush=True)\n"
              "print(subprocess.Popen(['sleep', '60']).pid, flush=True)\nsys.stdin.read()")
    holder = Process("", tmp_path, script)
    assert holder.said() == [0, 0]
    [child] = holder.said()
    holder.end(signal.SIGKILL)
    try:
        assert start("places.take_least_taken(['GPU-a'])").said() == [0, 0]
    finally:
        os.kill(child, signal.SIGKILL)
        holder.process.communicate()


def test_the_places_of_processes_at_work_are_told(start):
    assert start("places.take('1')").said() == []
    start(f"places.take_least_taken({GPUS})").said()
    other = start("[len(places.take('2'))]")
    assert other.said() == [2]
    assert sorted(places.take("3")) == ["1", "2", "GPU-a"]
    other.end(signal.SIGKILL)
    assert start("[len(places.take('4'))]").said() == [3]


def test_places_can_be_given_back_and_the_folder_is_the_users_own(own_folder):
    assert places.take_least_taken(GPUS) == (0, 0) and places.take_least_taken(GPUS) == (1, 0)
    places.give_back()
    assert places.take_least_taken(GPUS) == (0, 0)
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("link", [True, False])
def test_a_folder_that_others_may_have_made_is_left_alone(own_folder, tmp_path, link):
    there = tmp_path / "letters" if link else own_folder
    there.mkdir()
    (there / "letter.txt").write_text("a file whose lock nobody holds")
    if link:
        own_folder.symlink_to(there)
    else:
        there.chmod(0o777)
    for choose in (lambda: places.take("1"), lambda: places.take_least_taken(GPUS)):
        with pytest.raises(PermissionError, match="is not a folder of this user alone"):
            choose()
    assert [path.name for path in there.iterdir()] == ["letter.txt"]


def test_a_choice_that_hangs_is_not_waited_for_long(start, monkeypatch):
    stuck = start("setattr(places, 'kept', places._choosing()) or places.kept.__enter__() or [1]")
    assert stuck.said() == [1]
    monkeypatch.setattr(places, "PATIENCE", 0.1)
    with pytest.raises(TimeoutError, match="another process holds .*choosing"):
        places.take("1")
    stuck.end(signal.SIGKILL)
    assert places.take("1") == []
