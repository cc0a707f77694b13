from handlers.pages.labels import WORDS
from workflows.understanding.labels import LABELS


def test_every_label_of_the_contract_has_its_words_on_the_page_and_no_other() -> None:
    assert sorted(WORDS) == sorted(LABELS)
    assert len(set(WORDS.values())) == len(WORDS)
