"""The captions of the figures, for a reader who has not read the papers."""

from collections.abc import Sequence

from pipeline.figures.choice import MOST_ATTRIBUTES
from pipeline.report.attribute_words import all_of_celeba
from pipeline.report.contents import Caption

FACES_OF_A_ROW = "The face is a test face that fits the row; the seed of params.yaml chooses it."
ONE_FACE_A_ROW = ("Each row starts from one test face. From left to right, α grows from 0 to 1: at the left the face "
                  "as the model reconstructs it, at the right the same face with one whole attribute vector")
CHANGE_TO_LOOK_FOR = ("Whether only the named attribute changes, or also others, such as age or background. Little "
                      "change is usual after a short training.")

RECONSTRUCTIONS = Caption(
    "Faces that no model has seen in training, and what each model makes of them.",
    "The first row shows test faces. Each row below shows one model's reconstructions: the encoder turns a face into a "
    "latent vector, and the decoder turns it back into a picture. Compare each face with the one at the top.",
    "Sharp hair, eyes and teeth, and the same person as at the top. A model that compares pixels alone blurs such "
    "details.",
    "The seed of params.yaml chooses the faces; each is decoded from the mean of its posterior.")

INTERPOLATION = Caption(
    "The way from one face to another through latent space.",
    "Each row goes from the face of one latent vector, at the left, to that of another, at the right. The number above "
    "a column is α, the share of the right one: z = (1 − α) z_left + α z_right.",
    "A smooth change with a whole face at every step. Two faces on top of each other, as in a double exposure, would "
    "be a bad sign.",
    "The ends are posterior means of test faces that fit the row's label; those of the last row are random.")

ARITHMETIC = Caption(
    "Faces to which an attribute is added, or from which it is taken.",
    f"{ONE_FACE_A_ROW} added (+) or taken away (−): z ± α z_attribute.", CHANGE_TO_LOOK_FOR, FACES_OF_A_ROW)

MANIPULATION = Caption(
    "Faces to which an attribute is added: the six of the second paper.",
    f"{ONE_FACE_A_ROW} added: z + α z_attribute.", CHANGE_TO_LOOK_FOR, FACES_OF_A_ROW)

MANIPULATION_OF_OTHERS = Caption("Faces to which an attribute of the data set is added.", *MANIPULATION[1:])

CORRELATION = Caption(
    "Which attributes go together: for the model (left or upper panel), and in the data (right or lower panel).",
    "Each circle compares the attribute of its row with that of its column. Blue: they go together, up to 1. Red: one "
    "excludes the other, down to −1. A larger and darker circle is a stronger correlation. A cross: no value, because "
    "all or none of the images have the attribute.",
    "Two panels that look alike: then the model has learned from pictures, without any label, which attributes go "
    "together in the data.",
    "Attribute vectors: Pearson's correlation of two vectors over their components. Labels: the same over training and "
    "validation images, with labels of −1 or 1; it is called the φ coefficient.")

ENTANGLEMENT = Caption(
    "What else changes where one attribute of a face is changed.",
    "Row: the attribute that is added to each face, or taken from it. Column: another attribute. The darker the cell, "
    "the larger the share of faces, 0 to 100 %, for which the answer to the column's attribute changes too. A dot: "
    "the attribute itself. A cross: not measured, because there is no vector, or because the SVM gives all faces the "
    "same answer.",
    "Light cells are better: the attribute changes alone. A dark column is an attribute whose answer changes easily.",
    "Each test face is moved along the attribute vector just so far that the SVM's answer to the row's attribute "
    "flips. All is computed from latent vectors; no picture is decoded.")

POSTERIOR = Caption(
    "How much each number of the latent vector tells about a face, and how far these numbers are from the random ones "
    "that samples are made of.",
    "Each dot is a latent dimension; they are sorted by KL. Top: KL in nats; 0 is a dimension that tells nothing. "
    "Middle: standard deviation of z; 1, the grey line, is the aim. Bottom: KS distance from N(0, 1), the bell curve "
    "with mean 0 and deviation 1; lower is nearer. Orange dots: a statistical test finds a difference from N(0, 1).",
    "Some KL in many dimensions, a deviation near 1, and a small KS distance. A KL of 0 in most dimensions is a "
    "collapsed model.",
    "One z is drawn from the posterior of each of all {posterior_images}; the test is corrected for the number of "
    "dimensions (Holm, 5 %).")

CURVES = Caption(
    "How the losses and other numbers of this training went.",
    "Horizontal: epochs, passes over the training images. Vertical: the number that stands above the panel; some axes "
    "are logarithmic. Solid lines with dots: training images. Dashed lines: validation images, which the training does "
    "not learn from.",
    "Losses that fall and level off. A dashed line that rises while the solid one falls is overfitting. Active units "
    "near 0 are a collapsed model.",
    "Each dot is the mean over the steps of an epoch; validation is measured after the epoch.")

GAINS = Caption(
    "The table above as a picture: how much better attributes are predicted with each crop of the face that is added.",
    "From the top down, each line adds something to the line that the table names. The dot is the accuracy (left "
    "panel) or the balanced accuracy (right panel) in %; farther right is better. The bar leads from the dot before to "
    "this one: blue where it is better, orange where it is worse. The numbers at the right are the value and the gain "
    "in percentage points. The grey line is the majority class.",
    "Long blue bars: views that add much. With few test images, gains below a point can be chance.",
    "SVMs on the latent vectors of training images, scored on test images; means over the attributes.")


def samples(mixture: bool) -> Caption:
    """Return the caption of Figure 3. mixture: whether any variant has samples from a mixture of Gaussians."""
    sources = (" In the rows named “mixture” these numbers come from a mixture of Gaussians, fitted to the latent "
               "vectors of training images (Ghosh et al. 2020); in all others from N(0, I)." if mixture else
               " They come from N(0, I).")
    return Caption(
        "Faces that the models invent. No photograph goes in: each face is decoded from random numbers.",
        "A block of rows for each model. All models get the same numbers, if their latent vectors are equally long, so "
        f"that faces at the same place can be compared.{sources}",
        "Whole faces with eyes, nose and mouth in place, sharp hair and skin, and different people.",
        "Nobody has chosen them: the seed of params.yaml draws the numbers.")


def mosaic(label: str) -> Caption:
    """Return the caption of Figure 8. label: of the variant by whose latent vectors the faces are laid out."""
    return Caption(
        f"Faces of the data set, laid out so that those which {label} finds alike are neighbours.",
        "Each small picture is an image of the data set, and not a reconstruction. The nearer two faces, the more "
        "alike their latent vectors, as a rule. The directions have no meaning of their own.",
        "Regions of one kind: hair colour, background, glasses, the turn of the head. They show what the latent "
        "vectors hold.",
        "t-SNE lays the posterior means out on a plane, and each face moves to the nearest free cell of the square.")


def table1(attributes: Sequence[str]) -> Caption:
    """Return the caption of Table 1 as a picture. attributes: the names of the data set's attributes."""
    some = (f" Of {len(attributes)} attributes, the {MOST_ATTRIBUTES} are shown that most test images have; averages "
            "are over all." if len(attributes) > MOST_ATTRIBUTES else "")
    return Caption(
        "How well each attribute of a face can be read from its latent vector.",
        "A line for each attribute, the largest gain over the majority class at the top. Coloured marks: the accuracy "
        "of the models in %; farther right is better. Black tick: the majority class, which looks at no picture. Grey "
        f"hollow marks: other methods.{some}",
        "Marks to the right of the tick: the latent vector tells something about the attribute. A mark on the tick: "
        "it tells nothing that the SVM can use.",
        "One linear SVM for each attribute, fitted to latent vectors of training images and scored on test images.")


def manipulation(attributes: Sequence[str]) -> Caption:
    """Return the caption of Figure 5 of the second paper. attributes: the names of the data set's attributes."""
    return MANIPULATION if all_of_celeba(attributes) else MANIPULATION_OF_OTHERS
