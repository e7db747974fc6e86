"""40 SVMs at CelebA's size, alone: fitted to 182,637 faces, with one C, and scored on 19,962.

The features are made up: 60 hidden values, which decide the attributes together with noise, mixed into D features.

Run as: python -m benchmarks.full_size.svms D
"""

import sys

import stages  # noqa: F401  (how threads wait, which has to be set before torch is loaded)
from benchmarks.full_size.measured import Used

FEATURES = (100, 500, 4_096)  # of one view's latents, of five views', and of VGG-FC
TRAIN, VALID, TEST = 162_770, 19_867, 19_962
HIDDEN, ATTRIBUTES, ROWS = 60, 40, 2_048


def main() -> None:
    """Fit the SVMs once more to training and validation faces together, as evaluation does, and score them."""
    import numpy as np

    from pipeline.data.attributes import Attributes
    from pipeline.evaluation import svm

    features, images = int(sys.argv[1]), TRAIN + VALID + TEST
    random = np.random.default_rng(0)
    mix = random.standard_normal((HIDDEN, features)).astype(np.float32)
    weights = random.standard_normal((HIDDEN, ATTRIBUTES)).astype(np.float32)
    threshold = random.uniform(-0.3, 1.5, ATTRIBUTES) * HIDDEN**0.5
    x, labels = np.empty((images, features), np.float32), np.empty((images, ATTRIBUTES), bool)
    for row in range(0, images, ROWS):
        hidden = random.standard_normal((min(ROWS, images - row), HIDDEN), dtype=np.float32)
        x[row:row + ROWS] = hidden @ mix + random.standard_normal((len(hidden), features), dtype=np.float32)
        noise = 5 * random.standard_normal((len(hidden), ATTRIBUTES), dtype=np.float32)
        labels[row:row + ROWS] = hidden @ weights + noise > threshold
    index = np.arange(images)
    splits = {"train": index < TRAIN, "valid": (index >= TRAIN) & (index < TRAIN + VALID),
              "test": index >= TRAIN + VALID}
    attributes = Attributes(tuple(map(str, range(ATTRIBUTES))), labels, np.ones_like(labels))
    done = svm.fit_and_score(svm.Data(x, attributes, splits), svm.Work(np.arange(features), [1.0]))
    print(f"40 SVMs of {TRAIN + VALID:,} × {features:,} features: accuracy {done.rows.accuracy.mean():.4f}")


def svm_table(measured: dict[int, Used]) -> str:
    """Return a Markdown table of the SVMs that were measured, by features; "" for none."""
    rows = [[f"{TRAIN + VALID:,} × {features:,}", f"{used.seconds:.1f}", f"{used.cpu_seconds:.1f}",
             f"{used.memory / 1e9:.2f}"] for features, used in sorted(measured.items()) if used.done]
    head = ["40 SVMs, one C", "s, with making the features", "CPU seconds", "GB of memory"]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * 4, *rows)) if rows else ""


if __name__ == "__main__":
    main()
