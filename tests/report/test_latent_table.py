"""The table of reconstructions and latent space."""

from pipeline.report.contents import VariantResults
from pipeline.report.latent_table import latent_table, posterior_images

POSTERIOR = {"kl": 45.25, "active_units": 99, "ks_mean": 0.05, "ks_max": 0.25, "dimensions_rejected": 19,
             "mmd_squared": 0.0125, "mmd_p": 0.001, "valid_images": 500}


def test_one_row_for_each_encoder():
    variants = [
        VariantResults("VAE-123", "dfc", {"model": {"latent_dim": 100}}, posterior=POSTERIOR,
                       preservation={"agreement": 0.95, "chance": 0.7, "kappa": 0.81, "attributes": 40}),
        VariantResults("DCGAN", "dcgan", {"model": {"latent_dim": 100}})]
    table = latent_table(variants)
    assert [[(cell.text, cell.small) for cell in row] for row in table.rows] == [[
        ("VAE-123", ""), ("95.00", ""), ("70.00", ""), ("0.810", "of 40"), ("45.2", ""), ("99", "of 100"),
        ("19", "of 100"), ("0.050", ""), ("0.250", ""), ("0.01250", ""), ("0.001", "")]]


def test_without_kappa_there_is_a_dash_and_without_encoders_no_table():
    one = VariantResults("VAE-123", "dfc", posterior=POSTERIOR,
                         preservation={"agreement": 1.0, "chance": 1.0, "kappa": None, "attributes": 0})
    assert not latent_table([one]).has("Cohen’s κ")
    assert latent_table([VariantResults("DCGAN", "dcgan")]).rows == []


def test_numbers_that_are_not_defined_are_dashes():
    without = {**POSTERIOR, "kl": None, "mmd_squared": None, "mmd_p": None}
    table = latent_table([VariantResults("VAE-123", "dfc", posterior=without),
                          VariantResults("PVAE", "pvae", posterior=POSTERIOR)])
    at = [cell.text for cell in table.headings].index("KL")
    assert [[row[i].text for i in (at, -2, -1)] for row in table.rows] == [["–", "–", "–"],
                                                                           ["45.2", "0.01250", "0.001"]]


def test_the_images_by_which_posteriors_are_judged_are_named_by_their_split():
    of_training = VariantResults("VAE-123", "dfc", posterior={"kl": 1.0, "train_images": 20})
    assert posterior_images([VariantResults("VAE-123", "dfc", posterior=POSTERIOR)]) == "validation images"
    assert posterior_images([VariantResults("DCGAN", "dcgan"), of_training]) == "training images"
