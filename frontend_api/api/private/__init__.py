"""What only those see whom it concerns."""

from fastapi import APIRouter

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
