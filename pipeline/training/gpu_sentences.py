"""What is said of training on a GPU."""


def not_tf32(begun: bool, some: bool) -> str:
    """Return why a run in TF32 is in float32, on all workers or on some.

    Args:
        begun: whether it began in TF32 elsewhere.
        some: whether some workers multiply in TF32.
    """
    why = "it began in tf32" if begun else "train.precision is tf32"
    where = "workers on other devices are in fp32, the rest in tf32" if some else "here that is fp32"
    return f"{why}, which only GPUs from Ampere on multiply; {where}"


def not_recorded(error: str, text: str) -> str:
    """Return the warning that a step cannot be recorded. error: the name of the exception. text: its first line."""
    return (f"the step cannot be recorded as a CUDA graph ({error}: {text}), so Python starts its kernels one by one, "
            "which is slower; cluster.cuda_graph false leaves it out without this warning")


def images_not_on_gpu(images: int, free: int) -> str:
    """Return what is said of a training split that does not stay on the GPU.

    Args:
        images: bytes that they take.
        free: bytes that they may take there.
    """
    return (f"the training images take {images / 2**20:,.1f} MiB, and may take {free / 2**20:,.1f} MiB of the GPU's "
            "free memory; they stay in the computer's memory, and a thread brings each batch")
