"""The table and the plot of how a stage's time, memory and disk grow with the images, and with which exponent.

An exponent p is that of images**p between the two largest sizes: 1 is twice the images, twice the cost. Smaller sizes
are left out of it, since there the start of a stage, which costs the same for any size, is most of it. The line
through all sizes, by least squares of the logarithms, is in the plot.
"""

from pathlib import Path

import numpy as np

from benchmarks.full_size.measured import Used

Sizes = dict[int, dict[str, Used]]
OWN = "(drawing)"  # not a stage
SHORT = 10.0  # CPU seconds at the largest size; shorter stages are not in the plot


def table(sizes: Sizes) -> str:
    """Return a Markdown table with a row for each stage."""
    counts = sorted(sizes)
    each = [f"{count:,}" for count in counts]
    head = ["stage", *(f"s, {count}" for count in each), "exponent of CPU time", f"images/s per core, {each[-1]}",
            *(f"GB of memory, {count}" for count in each), "exponent", f"GB of disk, {each[-1]}"]
    rows = [[stage + ("*" if any(used.runs > 1 for used in by_size) else ""),
             *(number(used.seconds) for used in by_size),
             exponent(counts, [used.cpu_seconds for used in by_size]),
             f"{counts[-1] / by_size[-1].cpu_seconds:,.0f}" if by_size[-1].cpu_seconds > SHORT else "",
             *(f"{used.memory / 1e9:.2f}" for used in by_size),
             exponent(counts, [float(used.memory) for used in by_size]),
             f"{max(by_size[-1].disk, 0) / 1e9:.2f}"]
            for stage, by_size in measured_stages(sizes)]
    if not rows:
        return "no stage has been measured at all sizes"
    stages = [by_size for stage, by_size in measured_stages(sizes) if stage != OWN]
    rows.append(["all stages", *(number(sum(stage[i].seconds for stage in stages)) for i in range(len(counts))),
                 exponent(counts, [sum(stage[i].cpu_seconds for stage in stages) for i in range(len(counts))]), "",
                 *(f"{max(stage[i].memory for stage in stages) / 1e9:.2f}" for i in range(len(counts))), "",
                 f"{sum(stage[-1].disk for stage in stages) / 1e9:.2f}"])
    interrupted = any(row[0].endswith("*") for row in rows)
    note = "\n\n\\* was interrupted, and went on; its disk is what its last part added" if interrupted else ""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)) + note


def measured_stages(sizes: Sizes) -> list[tuple[str, list[Used]]]:
    """Return the stages that were measured at all sizes, with what they took, from the smallest size on."""
    counts = sorted(sizes)
    return [(stage, [sizes[count][stage] for count in counts]) for stage in sizes[counts[0]]
            if all(stage in sizes[count] and sizes[count][stage].done for count in counts)]


def exponent(counts: list[int], values: list[float]) -> str:
    """Return the exponent between the two largest sizes, "" where there is one size or nothing was taken."""
    if len(counts) < 2 or min(values[-2:]) <= 0:
        return ""
    return f"{np.log(values[-1] / values[-2]) / np.log(counts[-1] / counts[-2]):z.2f}"  # z: no minus before 0.00


def number(seconds: float) -> str:
    """Return seconds, with a decimal where they are few."""
    return f"{seconds:.1f}" if seconds < 100 else f"{seconds:,.0f}"


def draw_plot(sizes: Sizes, path: Path, facts: str) -> None:
    """Draw CPU seconds and memory of each stage over the number of images, both axes logarithmic.

    Args:
        sizes: what was measured.
        path: of the picture; the ending says its kind.
        facts: on the machine, for the title.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    counts = sorted(sizes)
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(12, 5.5), layout="constrained")
    colours = iter(pyplot.get_cmap("tab20")(np.arange(20)))
    stages = sorted(measured_stages(sizes), key=lambda stage: -stage[1][-1].cpu_seconds)
    for stage, by_size in stages:
        if stage == OWN or by_size[-1].cpu_seconds < SHORT:
            continue
        colour = next(colours)
        seconds = [used.cpu_seconds for used in by_size]
        slope, height = np.polyfit(np.log(counts), np.log(seconds), 1)
        time.plot(counts, seconds, "o", color=colour, markersize=5)
        time.plot(counts, np.exp(height) * np.array(counts, float)**slope, "-", color=colour, linewidth=1,
                  label=f"{stage}: {slope:.2f}")
        memory.plot(counts, [used.memory / 1e9 for used in by_size], "o-", color=colour, markersize=5, linewidth=1,
                    label=stage)
    for axes, what in ((time, "CPU seconds of a stage"), (memory, "memory of all its processes, GB")):
        axes.set(xscale="log", yscale="log", xlabel="images", ylabel=what)
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()
        axes.grid(True, which="major", alpha=0.3)
        axes.set_axisbelow(True)
    time.legend(fontsize=8, title="exponent of the line", title_fontsize=8)
    memory.axhline(12, color="grey", linewidth=1, linestyle="--")
    memory.annotate("12 GB", (counts[0], 12), textcoords="offset points", xytext=(2, 3), fontsize=8, color="grey")
    memory.set_yticks([0.2, 0.5, 1, 2, 5, 10], ["0.2", "0.5", "1", "2", "5", "10"])
    figure.suptitle(f"Growth of the stages with the number of images ({facts})", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
