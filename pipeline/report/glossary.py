"""The words that the page does not assume, each with a sentence, and links from the text to them."""

import re
from collections.abc import Mapping
from html import escape
from typing import NamedTuple


class Entry(NamedTuple):
    """A word of the glossary.

    Attributes:
        name: as the list shows it.
        words: by which it is recognised in a text; longer words of other entries come first.
        meaning: what it is, in plain English.
    """

    name: str
    words: tuple[str, ...]
    meaning: str

    @property
    def anchor(self) -> str:
        """The id of the entry on the page."""
        return "word-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


ENTRIES = (
    Entry("accuracy", ("accuracy",), "Share of right answers. Where 95 % of the faces lack an attribute, always "
          "answering no is right in 95 %: compare it with the majority class."),
    Entry("active unit", ("active units", "active unit", "Active units"),
          "A latent dimension that varies from face to face (variance of its mean above 0.01). The others tell nothing "
          "about a face."),
    Entry("alpha (α)", ("α",), "A number that says how far to go: how much of an attribute vector is added to a latent "
          "vector, 1 for all of it; or how much of the right face an interpolation has."),
    Entry("attribute", ("attributes", "attribute"), "A property that a face has or has not, such as smiling. The data "
          "set says so for each image, in its labels."),
    Entry("attribute vector", ("attribute vectors", "attribute vector", "Attribute vectors"),
          "The direction of an attribute in latent space: the mean latent vector of images with it, minus that of "
          "images without it."),
    Entry("AUROC", ("AUROC",), "How often a random image with the attribute gets a higher value from the SVM than a "
          "random one without it. 50 % is guessing, 100 % is perfect. In full: area under the receiver operating "
          "characteristic."),
    Entry("average precision", ("average precision", "Average precision"),
          "How many of the images that the SVM ranks highest do have the attribute, averaged over all depths of the "
          "list. 100 % is perfect; guessing gets the share of images with the attribute."),
    Entry("balanced accuracy", ("balanced accuracy", "Balanced accuracy"),
          "Mean of two shares: how many of the images with the attribute are recognised, and how many of those "
          "without. 50 % is guessing, however rare the attribute is."),
    Entry("Cohen’s kappa (κ)", ("Cohen’s κ", "κ"), "Agreement of two series of answers beyond what chance would give: "
          "1 always the same, 0 no more than by chance."),
    Entry("correlation", ("correlation",), "How far two things go together, from −1 (one is there where the other is "
          "not) through 0 (they have nothing to do with each other) to 1 (always together)."),
    Entry("critic", ("critic", "discriminator"), "A second network that learns to tell photographs from made pictures. "
          "The model trains to deceive it, so that its pictures become sharper."),
    Entry("decoder", ("decoders", "decoder", "decoded"), "The half of a model that makes a picture from a latent "
          "vector."),
    Entry("encoder", ("encoders", "encoder"), "The half of a model that makes a latent vector from a picture."),
    Entry("epoch", ("epochs", "epoch"), "One pass of a training over all training images."),
    Entry("FID", ("FID",), "The Fréchet distance over the features of Inception, a network that was trained on other "
          "photographs. Lower is better."),
    Entry("Fréchet distance", ("Fréchet distance",), "How far made pictures are, as a whole, from photographs: a "
          "network describes each picture by numbers, and the means and covariances of both sets are compared. 0 is "
          "equal; lower is better."),
    Entry("KID", ("KID",), "A distance like the Fréchet distance that does not depend on the number of pictures. Lower "
          "is better; near 0 it can be a little negative."),
    Entry("KL", ("KL divergence", "KL"), "Kullback–Leibler divergence: how far the posterior of an image is from the "
          "prior, and so how much the latent vector tells about the image. In nats; 0 tells nothing."),
    Entry("KS distance", ("KS distance",), "Kolmogorov–Smirnov distance: the largest gap between two distributions of "
          "a number, 0 for equal ones, at most 1."),
    Entry("latent space", ("latent space",), "All latent vectors. Similar faces lie near each other there."),
    Entry("latent vector (z)", ("latent vectors", "latent vector", "latents"),
          "The short list of numbers by which a model describes a face; z in formulas."),
    Entry("latent dimension", ("latent dimensions", "latent dimension"), "One of the numbers of a latent vector."),
    Entry("loss", ("losses", "loss"), "The number that training makes smaller. It measures how far the model's "
          "pictures are from the photographs, and how unlike the prior its latent vectors are."),
    Entry("loss network", ("loss network",), "A frozen network, VGG-19, whose inner features are compared instead of "
          "pixels: two pictures are near if this network sees the same in both."),
    Entry("majority class", ("majority class",), "Always giving the answer that is more frequent in training, without "
          "looking at the picture. What an SVM has to beat."),
    Entry("mixture of Gaussians", ("mixture of Gaussians",), "A sum of several bell curves that describes where the "
          "latent vectors of training images lie. Random vectors from it are nearer to real ones than those of the "
          "prior."),
    Entry("MMD", ("MMD²", "MMD"), "Maximum mean discrepancy: a distance between two sets of vectors in all dimensions "
          "at once. 0 is equal."),
    Entry("nat", ("nats", "nat"), "A unit of information: 1 nat is 1.44 bits."),
    Entry("percentage point", ("percentage points",), "The difference of two percentages: from 80 % to 82 % are 2 "
          "points."),
    Entry("posterior", ("posteriors", "posterior", "Posterior"), "What the encoder says of one image: a small cloud of "
          "latent vectors, with a mean and a variance in each dimension. The mean is taken as the latent vector."),
    Entry("precision and recall", ("Precision and recall", "precision and recall"),
          "Precision: the share of samples that look like photographs. Recall: the share of photographs that the "
          "samples could be. Both from 0 to 1; higher is better."),
    Entry("prior, N(0, I)", ("N(0, I)", "prior"), "The distribution of purely random latent vectors: each number is "
          "drawn from the bell curve with mean 0 and standard deviation 1. Training pulls the latent vectors to it."),
    Entry("PSNR", ("PSNR",), "Peak signal-to-noise ratio: how near two pictures are, pixel by pixel, in decibel (dB). "
          "Higher is nearer: twice the error takes 6 dB off."),
    Entry("reconstruction", ("reconstructions", "Reconstructions", "reconstruction", "reconstructs"),
          "A photograph, encoded and decoded again."),
    Entry("sample", ("samples", "Samples"), "A face that a model invents from a random latent vector."),
    Entry("SSIM", ("SSIM",), "Structural similarity of two pictures: compares contrast and structure of small patches. "
          "1 is equal; higher is better."),
    Entry("SVM", ("SVMs", "SVM"), "Support vector machine: a simple classifier that answers yes or no by the side of a "
          "plane on which a vector lies. Here it says from a latent vector whether a face has an attribute."),
    Entry("t-SNE", ("t-SNE",), "A method that lays vectors out on a plane so that neighbours stay neighbours."),
    Entry("training, validation and test images", ("training images", "validation images", "test images", "test faces",
                                                   "test face"),
          "Models learn from training images. Validation images serve for choices, such as of a penalty. Test images "
          "serve for the scores alone."),
    Entry("view", ("sets of views", "set of views", "views"), "A crop of the face, such as aligned, eyes or mouth. A "
          "set of views puts the latent vectors of several crops side by side."),
    Entry("Wasserstein estimate", ("Wasserstein",), "The critic's estimate of the distance between photographs and "
          "made pictures. It should be positive, and shrink."),
)
BY_WORD = {word: entry for entry in ENTRIES for word in entry.words}
# Longest first, so that "attribute vector" is no "attribute". A word ends where no letter follows.
PATTERN = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(BY_WORD, key=len, reverse=True)))

# Tags, and what is no running text: it keeps its words as they are.
APART = re.compile(r"(<(?:a|button|code|dt|h3|summary)\b.*?</(?:a|button|code|dt|h3|summary)>|<[^>]*>)", re.DOTALL)


class Glossary:
    """The glossary of one page: it links words, and keeps in mind which it has linked."""

    def __init__(self) -> None:
        self._used: set[Entry] = set()

    def linked(self, *texts: str, besides: Entry | None = None) -> list[str]:
        """Return texts as HTML, in which the first occurrence of each word of the glossary is a link to it.

        Args:
            texts: what is read together, without HTML: a word that is linked in one is not linked in the next.
            besides: an entry that is not linked, because the text is its own.
        """
        done: set[Entry | None] = {besides}
        return [self._linked(escape(text), done) for text in texts]

    def explained(self, html: str) -> str:
        """Return a piece of the page with links to the first occurrence of each word, outside links and headings."""
        done: set[Entry | None] = set()
        pieces = APART.split(html)
        return "".join(piece if piece.startswith("<") else self._linked(piece, done) for piece in pieces)

    def _linked(self, html: str, done: set[Entry | None]) -> str:
        """Return HTML without tags with links to the entries that are not done, and add these to `done`."""
        def link(match: re.Match[str]) -> str:
            entry = BY_WORD[match.group()]
            if entry in done:
                return match.group()
            done.add(entry)
            self._used.add(entry)
            return f'<a class="word" href="#{entry.anchor}">{match.group()}</a>'

        return PATTERN.sub(link, html)

    def entries(self) -> Mapping[Entry, str]:
        """Return the entries that the page has linked, and those that their sentences name, from A to Z.

        Returns:
            Entry → its meaning as HTML.
        """
        meanings: dict[Entry, str] = {}
        while waiting := self._used - meanings.keys():
            meanings |= {entry: self.linked(entry.meaning, besides=entry)[0] for entry in waiting}
        return dict(sorted(meanings.items(), key=lambda item: item[0].name.lower()))
