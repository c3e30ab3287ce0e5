"""The glossary has every contract, role and carrier, once, by the alphabet, each with a place to read on."""

import re
from pathlib import Path

from wattbook import abi
from wattbook.contracts.structs import Carrier, Purse
from wattbook.roles import Role

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| term ")
]
TERMS = [row[0] for row in ROWS]


def test_each_term_is_explained_with_a_link():
    assert len(ROWS) > 100
    for row in ROWS:
        assert len(row) == 3 and all(row), row
        assert re.search(r"\]\([^)]+\)", row[2]), row


def test_terms_stand_once_by_the_alphabet():
    spelled = [term.replace("`", "").lower() for term in TERMS]
    assert spelled == sorted(spelled)
    assert len(TERMS) == len(set(TERMS))


def test_every_contract_is_there():
    assert {term.strip("`") for term in TERMS if term.startswith("`")} == set(abi.contract_names())


def test_every_role_carrier_and_purse_is_there():
    """Carriers and purses by a word of what explains them, as they are ones that everybody knows."""
    text = PAGE.read_text().lower()
    assert {role.name for role in Role if role.name and role.name.lower() not in map(str.lower, TERMS)} == set()
    for kind in (*Carrier, *Purse):
        assert kind.name.lower().replace("_", " ") in text, kind
