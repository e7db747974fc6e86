"""The processor that work runs on, in words."""

import pytest

from pipeline.hardware.processor import processor_name

INTEL = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)  CPU\nflags\t\t: fpu sse avx2 avx512f avx512_bf16 amx_bf16\n"


@pytest.mark.parametrize(("text", "expected"), [
    (INTEL, "Intel(R) Xeon(R)  CPU (AMX)"),
    (INTEL.replace("amx_bf16", ""), "Intel(R) Xeon(R)  CPU (AVX512-BF16)"),
    (INTEL.replace("amx_bf16", "").replace("avx512_bf16", ""), "Intel(R) Xeon(R)  CPU (AVX512)"),
    ("model name\t: A laptop\nflags\t\t: fpu avx2\n", "A laptop (AVX2)"),
    ("model name\t: Old\nflags\t\t: fpu sse\n", "Old"),
])
def test_the_name_has_the_best_instruction_set(tmp_path, monkeypatch, text, expected):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    (tmp_path / "cpuinfo").write_text(text)
    assert processor_name(tmp_path / "cpuinfo") == expected


def test_a_limit_of_onednn_is_in_the_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    (tmp_path / "cpuinfo").write_text(INTEL)
    assert processor_name(tmp_path / "cpuinfo") == "Intel(R) Xeon(R)  CPU (AMX, oneDNN held to AVX2)"


def test_there_is_a_name_without_cpuinfo(tmp_path):
    assert processor_name(tmp_path / "nothing")


@pytest.mark.parametrize("value", ["banana", "ALL", "DEFAULT", ""])
def test_what_onednn_ignores_is_not_in_the_name(tmp_path, monkeypatch, value):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", value)
    (tmp_path / "cpuinfo").write_text(INTEL)
    assert processor_name(tmp_path / "cpuinfo") == "Intel(R) Xeon(R)  CPU (AMX)"
