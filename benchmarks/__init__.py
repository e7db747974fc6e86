"""How fast this project is: `python -m benchmarks` (`make bench`), and `python -m benchmarks.scaling` for many GPUs."""
