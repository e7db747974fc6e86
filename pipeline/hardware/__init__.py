"""The machine: its processor, its GPUs, its arithmetic, its memory."""
