"""What anybody may see."""

from frontend_api.api.public.books import routes as books
from frontend_api.api.public.certificates import routes as certificates
from frontend_api.api.public.events import routes as events
from frontend_api.api.public.market import routes as market
from frontend_api.api.public.orders import routes as orders
from frontend_api.api.public.people import routes as people
from frontend_api.api.public.roots import routes as roots
from frontend_api.api.public.tenders import routes as tenders
from frontend_api.api.public.trace import routes as trace
from frontend_api.api.public.trades import routes as trades

ROUTERS = (market, books, orders, trades, trace, people, roots, tenders, certificates, events)
