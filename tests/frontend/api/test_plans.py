"""Hot lists are read along an index: nothing is scanned whole, and nothing is sorted."""

import pytest
from sqlalchemy import event

from frontend_api.database.database import Database
from tests.frontend.api.asking import PREFIX, Asking
from tests.frontend.market import Fair

_HOT = (
    "/books?limit=2",
    "/books?zone=trial&carrier=electricity&limit=2",
    "/books?zone=trial&carrier=electricity&from=1&to=9999999999&state=settled&limit=2",
    "/books/{book}",
    "/books/{book}/orders?limit=2",
    "/orders?limit=2",
    "/orders?trader={trader}&limit=1",
    "/orders/{book}/0",
    "/trades?limit=2",
    "/trades?account={seller}&limit=1",
    "/trades?from=1&limit=2",
    "/prices?zone=trial&carrier=electricity&limit=1",
    "/roots?zone=trial&limit=2",
    "/tenders?limit=1",
    "/certificates?limit=2",
    "/events?limit=2",
    "/events?order=desc&limit=2",
    "/events?contract=Auction&name=Committed&limit=2",
    "/events?kind=account&subject={seller}&limit=2",
)
# The one row that says how far the index is.
_SMALL = ("SCAN progress",)


@pytest.mark.parametrize("path", _HOT)
def test_a_hot_list_is_read_along_an_index(ask: Asking, database: Database, fair: Fair, path: str):
    path = path.format(book="0x" + fair.cleared.hex(), trader=fair.park.traders[0], seller=fair.seller)
    # What changes seldom is read whole, and once.
    ask.client.get(PREFIX + path)
    asked: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        asked.append((statement, parameters))

    engine = database._backend.reader
    event.listen(engine, "before_cursor_execute", note)
    try:
        found = ask.client.get(PREFIX + path)
        if found.json().get("next"):
            ask.client.get(f"{PREFIX}{path}&cursor={found.json()['next']}")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert found.status_code == 200
    asked = [one for one in asked if one[0].startswith("SELECT")]
    assert 2 <= len(asked) <= 2 * 5
    with database.reading() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            steps = [row[-1] for row in plan]
            for step in steps:
                whole = step.startswith("SCAN") and "USING" not in step and not step.startswith(("SCAN anon", *_SMALL))
                assert not whole and "TEMP B-TREE" not in step, (statement, steps)
