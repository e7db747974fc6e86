"""The processor that work runs on, in words."""

import os
import platform
import re
from pathlib import Path

# Linux's names of instruction sets, the most capable first, and their common names.
INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16", "avx512f": "AVX512", "avx2": "AVX2",
                "bf16": "Arm BF16"}
HOLDS = r"sse41|avx|avx2\w*|avx512_core\w*|avx10\w*"  # values of ONEDNN_MAX_CPU_ISA that name an instruction set


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor and its best instruction set, such as "AMD EPYC (AVX512-BF16)".

    If ONEDNN_MAX_CPU_ISA holds oneDNN to fewer instructions, the name says so too. oneDNN ignores a value that is no
    instruction set, and so does the name.
    """
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    model = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.+)$", text, re.MULTILINE)
    known = set(flags[1].split()) if flags else set()
    details = [name for flag, name in INSTRUCTIONS.items() if flag in known][:1]
    if re.fullmatch(HOLDS, limit := os.environ.get("ONEDNN_MAX_CPU_ISA", ""), re.IGNORECASE):
        details.append(f"oneDNN held to {limit}")
    name = model[1].strip() if model else platform.processor() or platform.machine()
    return f"{name} ({', '.join(details)})" if details else name
