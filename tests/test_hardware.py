"""The processor that work runs on, in words."""

import pytest

from pipeline.hardware import processor

INTEL = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)  CPU\nflags\t\t: fpu sse avx2 avx512f avx512_bf16 amx_bf16\n"


@pytest.mark.parametrize(("text", "said"), [
    (INTEL, "Intel(R) Xeon(R)  CPU (AMX)"),
    (INTEL.replace("amx_bf16", ""), "Intel(R) Xeon(R)  CPU (AVX512-BF16)"),
    (INTEL.replace("amx_bf16", "").replace("avx512_bf16", ""), "Intel(R) Xeon(R)  CPU (AVX512)"),
    ("model name\t: A laptop\nflags\t\t: fpu avx2\n", "A laptop (AVX2)"),
    ("model name\t: Old\nflags\t\t: fpu sse\n", "Old"),
])
def test_a_processor_has_its_name_and_its_best_instructions(tmp_path, monkeypatch, text, said):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    (tmp_path / "cpuinfo").write_text(text)
    assert processor(tmp_path / "cpuinfo") == said


def test_what_limits_onednn_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    (tmp_path / "cpuinfo").write_text(INTEL)
    assert processor(tmp_path / "cpuinfo") == "Intel(R) Xeon(R)  CPU (AMX, oneDNN held to AVX2)"


def test_where_linux_says_nothing_there_is_still_a_name(tmp_path):
    assert processor(tmp_path / "nothing")
