"""What a GPU makes of training: `python -m benchmarks.gpu`."""
