"""`make full-size`: what it draws, what it measures, how it goes on, and what it makes of the numbers."""

import os
import subprocess
import sys

import numpy as np
import psutil
import pytest

from benchmarks.full_size import __main__ as program
from benchmarks.full_size import measured
from benchmarks.full_size.celeba import link_or_copy, make_celeba
from benchmarks.full_size.growth import draw_plot, exponent, table
from benchmarks.full_size.measured import Used, bytes_on_disk, measure, proportional_memory
from benchmarks.full_size.project import make_project, stages_of
from pipeline.config.loading import load_params
from pipeline.data.sources.celeba import open_celeba
from pipeline.drawn_faces.dataset import draw_numbered_face

MEGABYTE = 10**6


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.slow
def test_a_data_set_is_celebas_layout_and_a_smaller_one_begins_with_the_same_images(tmp_path):
    small, large = (open_celeba(make_celeba(tmp_path, images)) for images in (20, 30))
    assert (len(small), len(large)) == (20, 30)
    assert list(small.image_ids) == list(large.image_ids[:20])
    assert (small.attributes.values == large.attributes.values[:20]).all()
    attributes, _, landmarks = draw_numbered_face(0, 30)
    assert (large.attributes.values[29] == attributes).all()
    assert (np.asarray(large.landmarks[29]) == landmarks).all()
    names = [tmp_path / f"celeba-{images}" / "img_align_celeba" / "000007.jpg" for images in (20, 30)]
    assert os.path.samefile(*names)


def test_without_hard_links_images_are_copied(tmp_path, monkeypatch):
    def refuse(*paths):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "one").write_bytes(b"face")
    link_or_copy(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"face" and not os.path.samefile(tmp_path / "one", tmp_path / "two")


def test_time_memory_and_disk_of_all_processes_are_counted(tmp_path):
    child = "x = bytearray(10**8); import time; t = time.process_time()\nwhile time.process_time() < t + 0.6: pass"
    code = (f"import subprocess, sys\nchildren = [subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in 'ab']\n"
            "[child.wait() for child in children]\nimport os; open('made', 'wb').write(os.urandom(5_000_000))")
    used = measure(python(code), tmp_path, lambda used: None, tmp_path)
    assert used.done and used.runs == 1
    assert 1.2 < used.cpu_seconds < 3 and used.seconds > 0.6
    assert 190 * MEGABYTE < used.memory < 300 * MEGABYTE
    assert 5 * MEGABYTE <= used.disk < 5.1 * MEGABYTE


def test_a_file_with_two_names_counts_once(tmp_path):
    (tmp_path / "one").write_bytes(os.urandom(MEGABYTE))
    before = bytes_on_disk(tmp_path)
    (tmp_path / "deep").mkdir()
    os.link(tmp_path / "one", tmp_path / "deep" / "two")
    assert bytes_on_disk(tmp_path) == before >= MEGABYTE
    assert bytes_on_disk(tmp_path / "nowhere") == 0


def test_a_command_that_fails_ends_the_program_and_its_row_is_not_done(tmp_path, monkeypatch):
    results = program.Results(tmp_path / "results.json")
    stages = results.sizes.setdefault(300, {})
    with pytest.raises(SystemExit, match="train@dfc has ended with 3"):
        program.run(results, stages, "train@dfc", python("raise SystemExit(3)"), tmp_path)
    program.run(results, stages, "plan", python("pass"), tmp_path)
    again = program.Results(tmp_path / "results.json")
    assert again.sizes[300]["plan"].done and "train@dfc" not in again.sizes[300]


def test_an_interrupted_row_goes_on_with_what_it_took(tmp_path):
    results = program.Results(tmp_path / "results.json")
    stages = results.sizes.setdefault(300, {"prepare": Used(seconds=40, cpu_seconds=70, memory=10**12, runs=1)})
    program.run(results, stages, "prepare", python("pass"), tmp_path)
    used = program.Results(tmp_path / "results.json").sizes[300]["prepare"]
    assert used.done and used.runs == 2 and 40 < used.seconds < 45 and used.cpu_seconds > 70 and used.memory == 10**12


def test_a_disk_that_is_too_small_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"need about 115000000 GB more .* smaller --sizes"):
        program.refuse_full_disk(tmp_path, 10**12)


def test_a_size_that_is_whole_needs_no_room_and_others_are_not_in_the_table(tmp_path, monkeypatch, capsys):
    results = program.Results(tmp_path / "results.json")
    results.sizes = {200: {"plan": Used(1, 1, 10**8, 0, 1, True)}, 300: {"(drawing)": Used(1, 1, 10**8, 0, 1, True)}}
    results.whole = {200}
    results.write()
    monkeypatch.setattr(program.shutil, "disk_usage", None)
    monkeypatch.setattr(program, "run_size", None)
    program.main(["--sizes", "200", "--folder", str(tmp_path), "--svms"])
    assert "| plan | 1.0 | " in capsys.readouterr().out


def test_where_the_system_does_not_tell_of_shared_pages_memory_is_counted_too(monkeypatch):
    def not_there(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(measured, "open", not_there, raising=False)
    assert proportional_memory(psutil.Process()) > 10 * MEGABYTE


@pytest.mark.slow
def test_the_project_is_this_one_with_parameters_that_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "project"
    make_project(folder, tmp_path / "celeba")
    monkeypatch.chdir(folder)
    params = load_params()
    assert (params.scale, params.data.source, params.data.root) == ("paper", "celeba", str(tmp_path / "celeba"))
    assert list(params.variants) == ["dfc"]
    assert {"prepare", "train@dfc", "evaluate@dfc", "report"} <= set(stages_of(folder))


def test_the_program_refuses_too_few_images(tmp_path, capsys):
    with pytest.raises(SystemExit):
        program.main(["--sizes", "100", "--folder", str(tmp_path)])
    assert "give 200 or more" in capsys.readouterr().err


def test_stages_become_rows_with_their_exponents(tmp_path):
    def used(seconds, memory):
        return Used(seconds, 2 * seconds, memory, 10**9, 1, True)

    sizes = {20: {"prepare": used(1.0, 10**9), "plan": used(1.0, 10**8), "train@dfc": used(3.0, 10**9)},
             200: {"prepare": used(10.0, 10**9), "plan": used(1.0, 10**8), "train@dfc": used(3.0, 10**9)},
             2000: {"prepare": used(1000.0, 2 * 10**9), "plan": used(1.0, 10**8)}}
    lines = table(sizes).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| prepare", "| plan", "| all stages"]
    assert lines[2] == "| prepare | 1.0 | 10.0 | 1,000 | 2.00 | 1 | 1.00 | 1.00 | 2.00 | 0.30 | 1.00 |"
    assert lines[3].split(" | ")[4] == "0.00"
    assert exponent([20], [1.0]) == ""
    draw_plot(sizes, tmp_path / "growth.png", "a laptop")
    assert (tmp_path / "growth.png").stat().st_size > 10_000


def test_the_svms_alone_are_fitted(tmp_path, monkeypatch):
    code = ("from benchmarks.full_size import svms; import sys; svms.TRAIN, svms.VALID, svms.TEST = 2000, 200, 200; "
            "sys.argv[1:] = ['30']; svms.main()")
    done = subprocess.run(python(code), capture_output=True, text=True, check=True)
    assert "40 SVMs of 2,200 × 30 features: accuracy 0." in done.stdout
    assert float(done.stdout.split()[-1]) > 0.7
