"""How a process ends: its work and its output are whole, its exit status is right, and nothing is taken down."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
WORK = """
import atexit, threading, time
from pipeline.errors import InputError
from pipeline.process import whole_process

class Kept:
    def __del__(self):
        print("taken down")

kept = Kept()
atexit.register(lambda: print("exit function"))
threading.Thread(target=lambda: (time.sleep(0.3), print("thread"))).start()
with whole_process():
    print("work")
    {}
"""


def run(last_line: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", WORK.format(last_line)], cwd=PROJECT, text=True, timeout=60,
                          capture_output=True)


def test_threads_and_exit_functions_come_to_their_end_and_nothing_is_taken_down():
    done = run("print('no newline', end='')")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "work\nno newlinethread\nexit function\n"


@pytest.mark.parametrize(("last_line", "status", "error"), [
    ("raise InputError('x is wrong')", 1, "error: x is wrong\n"),
    ("raise SystemExit(3)", 3, ""),
    ("raise KeyboardInterrupt", 1, "interrupted; run `dvc repro` again to go on\n"),
])
def test_a_process_that_fails_says_so(last_line, status, error):
    done = run(last_line)
    assert (done.returncode, done.stderr) == (status, error)


def test_an_error_that_is_not_the_users_keeps_its_traceback():
    done = run("1 / 0")
    assert done.returncode == 1 and "Traceback" in done.stderr and "ZeroDivisionError" in done.stderr


def test_a_pool_of_processes_does_not_hold_up_the_end():
    work = ("from pipeline.parallel import in_copies_of_this_process, in_processes\n"
            "    from tests.test_parallel import add\n"
            "    print(list(in_processes(2)(add, 1, range(3))), list(in_copies_of_this_process(0)(add, 1, range(3))))")
    done = run(work)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[1, 2, 3] [1, 2, 3]\n" in done.stdout and done.stdout.endswith("exit function\n")
