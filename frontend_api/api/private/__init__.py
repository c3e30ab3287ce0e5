"""What only those see whom it concerns, and what is done for them."""

from collections.abc import Callable
from threading import Event

from fastapi import APIRouter, FastAPI

from frontend_api.api.private import (
    acting,
    history,
    hooks,
    lists,
    me,
    money,
    offices,
    packages,
    papers,
    readings,
    session,
    things,
    trading,
    workers,
)

# Modules that put their routes on the routers of `lists`.
_ON_LISTS = (me, money, trading, things, history)

ROUTERS: tuple[APIRouter, ...] = (
    session.PUBLIC,
    session.ROUTER,
    lists.ME,
    lists.ACCOUNTS,
    papers.ROUTER,
    readings.ROUTER,
    packages.ROUTER,
    acting.ROUTER,
    hooks.ROUTER,
    offices.ROUTER,
)

# What goes on in threads of their own until the event is set.
WORKERS: tuple[Callable[[FastAPI, Event], None], ...] = (workers.bridge, workers.relay, workers.webhooks)
