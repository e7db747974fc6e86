"""Names that params.yaml may use, without the code behind them: this file imports nothing of this project."""

from pathlib import Path

# CelebA's 40 binary attributes, by its own names and in its own order.
ATTRIBUTES: tuple[str, ...] = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache",
    "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks",
    "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick",
    "Wearing_Necklace", "Wearing_Necktie", "Young",
)

SPLITS = ("train", "valid", "test")  # 0, 1, 2 in CelebA's list_eval_partition

# VGG-19's layers as the first paper names them, relu<block>_<convolution>, in the network's order.
LAYERS: tuple[str, ...] = tuple(f"relu{block}_{convolution}" for block, convolutions in enumerate((2, 2, 4, 4, 4), 1)
                                for convolution in range(1, convolutions + 1))

# Folders of `pipeline` in which each file is one choice of params.yaml, by the name of the file.
RECONSTRUCTIONS, TERMS, ADVERSARIES = "losses/reconstruction", "losses/terms", "losses/adversaries"
ARCHITECTURES, VIEWS, BASELINES = "models/architectures", "data/views", "evaluation/baselines"
SOURCES = "data/sources"


def readable(attribute: str) -> str:
    """Return the name of an attribute for people: "5_o_Clock_Shadow" → "5 o Clock Shadow"."""
    return attribute.replace("_", " ")


def counted(number: int, noun: str) -> str:
    """Return a number of things for people: "1 image", "2,009 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_in_words(size: float) -> str:
    """Return "1.23 MB" for 1234567 bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def choices(folder: str) -> tuple[str, ...]:
    """Return the names of the files in one of these folders, sorted: "data/views" → ("aligned", "eyes", …)."""
    return tuple(sorted(path.stem for path in (Path(__file__).parent / folder).glob("*.py")
                        if path.stem.isidentifier() and path.stem != "__init__"))


def module_name(folder: str, name: str) -> str:
    """Return the module of a choice: ("data/views", "eyes") → "pipeline.data.views.eyes"."""
    return f"pipeline.{folder.replace('/', '.')}.{name}"
