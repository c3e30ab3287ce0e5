"""The report: a page by itself, whole, with all members and charts, that a browser opens without asking anybody."""

import re
from html.parser import HTMLParser

import pytest
from playwright.sync_api import sync_playwright

from tests.frontend.browser.stand import OPTIONS, SCREENSHOTS, chromium
from wattbook.scenario.charts import Series, areas, bars, lines
from wattbook.scenario.report import report_of

_VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Texts by tag; refuses what is not closed as it was opened."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.texts = [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def page(listed):
    return report_of(listed)


def read(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_it_is_whole(page):
    reader = read(page)
    tags = [tag for tag, _ in reader.seen]
    assert tags.count("svg") == 4
    assert {"plant", "shop", "idle"} <= set(reader.texts)
    assert "All 26 lines of the accounts add up, to the unit." in reader.texts


def test_the_figures_are_those_of_the_result(page):
    """The shop paid 1.20 PT for what would have cost 2.10."""
    rows = re.findall(r"<tr><td>shop</td>(.*?)</tr>", page, re.S)
    cells = re.findall(r"<td>(.*?)</td>", rows[0])
    assert cells == ["0.0", "5.0", "0.0", "5.0", "-2.10", "-1.20", "0.00", "0.90", "0.00", "0.00", "0.00"]


def test_it_asks_nobody(page):
    for tag, attributes in read(page).seen:
        assert tag not in ("script", "link", "img", "iframe", "object")
        assert not {"src", "href", "onload"} & attributes.keys()
    assert "http" not in page.replace("http-equiv", "")


def test_what_does_not_add_up_stands_on_top(listed):
    wrong = {**listed["conservation"][0], "right": 7, "holds": False}
    page = report_of({**listed, "conservation": [wrong, *listed["conservation"][1:]]})
    assert "1 of 26 lines do not add up." in " ".join(read(page).texts)
    assert ">broken</td>" in page


def test_names_are_text(listed):
    member = {**listed["members"][0], "name": "<script>alert(1)</script>"}
    page = report_of({**listed, "members": [member, *listed["members"][1:]]})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_browser_shows_it(page, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page)
    asked, said = [], []
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        tab = browser.new_page(viewport={"width": 1100, "height": 900})
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto(file.as_uri())
        boxes = tab.eval_on_selector_all("svg", "all => all.map(one => one.getBoundingClientRect().height)")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=SCREENSHOTS / "replay.png", full_page=True)
        browser.close()
    assert (asked, said) == ([file.as_uri()], [])
    assert len(boxes) == 4
    assert all(box > 50 for box in boxes)


def test_charts_stay_in_their_frame():
    drawn = [
        lines([Series("one", "price", [None, 5, None, 7, 0])], ["a", "", "", "", ""], "PT", 1),
        areas([Series("one", "sold", [1, 2]), Series("two", "bought", [3, 0])], ["", ""], "kWh", 1),
        bars([("up", 5, "5"), ("down", -10, "-10"), ("none", 0, "0")]),
    ]
    for chart in drawn:
        width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', chart).groups())
        for x, y in re.findall(r"(-?\d+)[ ,](-?\d+)", " ".join(re.findall(r'(?:d|points)="([^"]*)"', chart))):
            assert 0 <= int(x) <= width
            assert 0 <= int(y) <= height


def test_a_line_is_broken_where_there_is_no_price():
    chart = lines([Series("one", "price", [1, None, 1])], ["", "", ""], "PT", 1)
    assert re.search(r' d="([^"]*)"', chart)[1].count("M") == 2


def test_nothing_is_drawn_of_nothing():
    assert lines([Series("one", "price", [None])], [""], "PT", 1).count("M") == 0
    assert "svg" in areas([Series("one", "sold", [0])], [""], "kWh", 1)
    assert "svg" in bars([])
