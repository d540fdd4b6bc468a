"""The glossary is in order, each term has one line, and the code has the names that it gives."""

import re

import pytest

from binarycop.gate.events import Cause
from binarycop.gate.state import Phase
from binarycop.journal.events import Event
from tests.docs.pages import ROOT, daemon_names, rows, settings_keys

PAGE = ROOT / "docs" / "glossary.md"
TERMS = dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_terms_are_in_alphabetical_order_and_each_has_one_line() -> None:
    assert len(TERMS) > 80
    assert list(TERMS) == sorted(TERMS, key=str.casefold)
    text = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    assert text.count("\n- ") == len(TERMS)
    assert not re.search(r"^ +\S", text, re.MULTILINE)


def words(text: str, before: str) -> list[str]:
    """The texts in backticks in the sentences that begin with a word, such as ``Setting:``."""
    sentences = re.findall(rf"{before}s?:? ((?:`[^`]+`(?:, | and |; | or )?)+)", text)
    return [word for sentence in sentences for word in re.findall(r"`([^`]+)`", sentence)]


def test_every_setting_exists() -> None:
    named = [word.partition(":")[0] for text in TERMS.values() for word in words(text, "Setting")]
    assert len(named) > 15
    assert set(named) <= settings_keys()


def test_every_event_is_in_the_journals_table() -> None:
    named = [word for text in TERMS.values() for word in words(text, "Event")]
    assert len(named) >= 6
    assert set(named) <= {event.value.name for event in Event}


def test_every_name_of_the_code_exists() -> None:
    named = [word for text in TERMS.values() for word in words(text, "In code")]
    assert len(named) > 5
    assert set(named) <= daemon_names()


@pytest.mark.parametrize(("term", "kind"), [("Cause", Cause), ("Phase", Phase)])
def test_what_is_counted_up_is_complete(term: str, kind: type[Cause] | type[Phase]) -> None:
    named = re.findall(r"`([a-z_]+)`", TERMS[term])
    assert named == [one.value for one in kind]


def test_the_keys_that_differ_from_the_codes_words_exist() -> None:
    table = rows(PAGE, "Where a key or a word on disk differs")
    firsts = [row[0] for row in table]
    keys = {word for first in firsts for word in re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", first)}
    ours = {key for key in keys if key.split(".")[0] in settings_keys()}
    assert {"faces.finder", "gate.refractory_s"} <= ours
    assert ours <= settings_keys()
    events = {word for first in firsts if first.startswith("event") for word in re.findall(r"`(\w+)`", first)}
    assert events
    assert events <= {event.value.name for event in Event}
