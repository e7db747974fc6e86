"""How many threads numpy's matrix products use."""

import contextlib
from collections.abc import Iterator

FEW = 2**22  # numbers: 8,000 images with 500 features


@contextlib.contextmanager
def one_thread_for_few(numbers: int) -> Iterator[None]:
    """Let numpy's matrix products in the block use one thread, if they read a matrix of few numbers.

    Their threads wait for each other by spinning. For 40 SVMs on 2,254 images with 100 to 1,000 features, two threads
    take 2 to 4 times the CPU time of one. They are not faster on idle cores, and slower beside other work.

    Args:
        numbers: of the largest matrix. Above `FEW`, threads are as many as outside the block.
    """
    if numbers > FEW:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
