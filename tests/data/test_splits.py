"""Splits by a hash, by words, by folders and by persons."""

import hashlib

import numpy as np
import pytest

from pipeline.data.split_names import splits_named, splits_of_folders
from pipeline.data.splits import Splitting, check_splits, split_by_hash, split_images, thinned_rows
from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS

IDS = np.array([f"{number:04}.jpg" for number in range(3000)])
PERSONS = np.array([f"person {number // 3}" for number in range(3000)])
OWN = np.repeat(SPLITS, [2000, 500, 500])


def refused(*arguments, **more) -> str:
    with pytest.raises(InputError) as caught:
        split_images(*arguments, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_hash_is_that_of_the_document():
    split = split_by_hash(IDS, (0.8, 0.1, 0.1))
    for image_id, found in zip(IDS[:50].tolist(), split, strict=False):
        u = int(hashlib.sha256(image_id.encode()).hexdigest()[:16], 16) / 2 ** 64
        assert found == ("train" if u < 0.8 else "valid" if u < 0.9 else "test")
    assert split_by_hash(np.array(["a", "b", "ä", "anna/0001.jpg"]), (0.3, 0.3, 0.4)).tolist() == [
        "test", "train", "train", "test"]


def test_a_hash_gives_the_shares_and_is_stable_when_images_come_and_go():
    split = split_images(IDS, Splitting("hash", shares=(0.7, 0.2, 0.1)), None)
    for name, share in zip(SPLITS, (0.7, 0.2, 0.1), strict=True):
        assert abs((split == name).mean() - share) < 4 * (share * (1 - share) / len(IDS)) ** 0.5
    some = np.random.default_rng(0).permutation(len(IDS))[:700]
    np.testing.assert_array_equal(split_images(IDS[some], Splitting("hash", shares=(0.7, 0.2, 0.1)), None), split[some])
    assert set(split_by_hash(IDS, (0, 0.5, 0.5))) == {"valid", "test"}
    assert set(split_by_hash(IDS, (1, 0, 0))) == {"train"}


@pytest.mark.parametrize("test", ["hash", "official"])
def test_a_hash_keeps_persons_together(test):
    split = split_images(IDS, Splitting(test, person_column="who"), None, PERSONS)
    assert all(len(set(split[person == PERSONS])) == 1 for person in np.unique(PERSONS)[:50])
    assert set(split) == set(SPLITS)
    unknown = np.where(np.arange(3000) < 1500, "", PERSONS)
    found = split_images(IDS, Splitting(test), None, unknown)
    np.testing.assert_array_equal(found[1500:], split[1500:])
    np.testing.assert_array_equal(found[:1500], split_by_hash(IDS[:1500], (0.8, 0.1, 0.1)))


def test_a_partition_and_last_images_must_keep_persons_apart():
    np.testing.assert_array_equal(split_images(IDS, Splitting(), OWN), OWN)
    assert refused(IDS, Splitting(), OWN, PERSONS).startswith(
        "the person 'person 666' is in the splits train and valid, so the test would show faces that the model has "
        "learned: mend the partition, or set data.test to hash")
    last = Splitting(500, 500)
    np.testing.assert_array_equal(split_images(IDS, last, OWN), OWN)
    assert "learned: set data.test to hash, which" in refused(IDS, last, OWN, PERSONS)
    apart = np.repeat(["a", "", "b", "c", ""], [1900, 150, 450, 400, 100])
    for splitting in (Splitting(), last):
        np.testing.assert_array_equal(split_images(IDS, splitting, OWN, apart), OWN)


def test_words_that_name_splits():
    words = ["train", "Training", "0", "valid", "validation", "VAL", "dev", "1", "test", "testing", "2"]
    assert splits_named(words, words, "T").tolist() == ["train"] * 3 + ["valid"] * 5 + ["test"] * 3
    for words, problem in ((["train", "hold-out", "eval"], "names the split 'hold-out' for b (and 1 more images): "),
                           (["train", "", "test"], "names no split for b: name train, valid or test, or set data.test"),
                           (["3", "0", "1"], "names the split '3' for a")):
        with pytest.raises(InputError) as caught:
            splits_named(words, "abc", "T, column set,")
        assert str(caught.value).startswith("T, column set, " + problem)


def test_folders_that_name_splits():
    assert splits_of_folders(["train/a", "Val/x/b", "test/c"]).tolist() == ["train", "valid", "test"]
    assert splits_of_folders(["train/a", "test/c"]).tolist() == ["train", "test"]
    for ids in (["train/a", "train/b"], ["a", "b"], ["0/a", "1/b", "2/c"], ["train/a", "more/c"], ["train", "test"]):
        assert splits_of_folders(ids) is None
    for beside in ("c", "more/c"):
        with pytest.raises(InputError, match=f"^{beside} is in none of the folders test, train, which name the splits"):
            splits_of_folders(["train/a", "test/b", beside])


@pytest.mark.parametrize(("splitting", "source", "remedy"), [
    (Splitting(), "folder", "take more images, or mend their partition, or if they have none change data.shares, or"),
    (Splitting(split_column="set", limit=9), "folder", "raise or drop data.limit, or mend the column set, or set"),
    (Splitting("hash"), "parquet", "change data.shares, or take more images"),
    (Splitting("hash", person_column="who"), "folder", "change data.shares, or take more persons"),
    (Splitting(), "celeba", "mend list_eval_partition, or set data.test to a number"),
])
def test_the_remedy_for_too_small_splits(splitting, source, remedy):
    with pytest.raises(InputError, match="into 3 train, 2 valid, 1 test, and each of the three needs at least 2; (.*)$"
                       ) as caught:
        check_splits(np.repeat(SPLITS, [3, 2, 1]), splitting, source)
    assert str(caught.value).split("at least 2; ")[1].startswith(remedy)


def test_a_limit_below_1_is_refused():
    assert thinned_rows(10, 5).tolist() == [0, 2, 4, 6, 8]
    with pytest.raises(InputError, match="^data.limit is 0: it should be at least 1 image$"):
        thinned_rows(10, 0)
