"""Every link of every page leads to a file that is there, and to a part of it that is there."""

import pytest

from tests.docs.links import ROOT, anchors_of, links_of, pages

PAGES = pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in links_of(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors_of(target), f"{link}: there is no such part, but {sorted(anchors_of(target))}"


def test_every_page_can_be_reached():
    """From the README, by links alone."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in links_of(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if "://" in link or not target.exists():
                continue
            if target.is_dir():
                waiting += sorted(target.glob("*.md"))
            elif target.suffix == ".md":
                waiting.append(target)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []
