"""The words that the page explains."""

import re

import pytest

from pipeline.report import captions
from pipeline.report.contents import Caption
from pipeline.report.glossary import BY_WORD, ENTRIES, Glossary
from pipeline.vocabulary import ATTRIBUTES

CAPTIONS = [caption for caption in vars(captions).values() if isinstance(caption, Caption)] + [
    captions.samples(True), captions.samples(False), captions.mosaic("VAE-123"), captions.table1(ATTRIBUTES)]


def test_the_first_occurrence_of_a_word_is_a_link_and_no_other():
    glossary = Glossary()
    first, second = glossary.linked("KL of z < 1, and KL again", "KL and α")
    assert first == '<a class="word" href="#word-kl">KL</a> of z &lt; 1, and KL again'
    assert second == 'KL and <a class="word" href="#word-alpha">α</a>'


def test_the_longest_word_wins_and_parts_of_words_are_none():
    [text] = Glossary().linked("attribute vectors, nation, KLM")
    assert text == '<a class="word" href="#word-attribute-vector">attribute vectors</a>, nation, KLM'


def test_links_headings_and_code_keep_their_words():
    kept = '<p><a href="#x">KL</a> <code>loss</code> <dt>SVM</dt><b title="AUROC">'
    assert Glossary().explained(kept) == kept
    assert Glossary().explained("<p><b>KL</b>") == '<p><b><a class="word" href="#word-kl">KL</a></b>'


def test_the_list_has_the_linked_words_and_those_that_explain_them_and_no_others():
    glossary = Glossary()
    glossary.linked("KL")
    entries = glossary.entries()
    names = [entry.name for entry in entries]
    assert names == sorted(names, key=str.lower)
    assert {"KL", "posterior", "prior, N(0, I)", "nat", "latent vector (z)"} <= set(names) and "FID" not in names
    anchors = {entry.anchor for entry in entries}
    assert all(set(re.findall(r'href="#([\w-]+)"', meaning)) <= anchors for meaning in entries.values())


def test_words_and_anchors_belong_to_one_entry_each():
    assert len(BY_WORD) == sum(len(entry.words) for entry in ENTRIES)
    assert len({entry.anchor for entry in ENTRIES}) == len(ENTRIES)
    assert all(entry.meaning.endswith(".") for entry in ENTRIES)


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda caption: caption.shows[:30])
def test_a_caption_says_all_four_things_and_explains_its_terms(caption):
    assert all(part.endswith(".") for part in caption)
    text = " ".join(Glossary().linked(*caption))
    for term in ("KL", "SVM", "AUROC", "α", "N(0, I)", "t-SNE", "posterior", "majority class", "KS distance",
                 "latent vector", "attribute vector", "balanced accuracy", "encoder", "decoder", "nats"):
        at = re.search(rf"(?<!\w){re.escape(term)}(?!\w)", " ".join(caption))
        if at and f"{term}</a>" not in text:
            assert re.search(rf"{re.escape(BY_WORD[term].anchor)}\"", text), f"{term} is not explained"
