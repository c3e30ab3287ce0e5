"""What events make of the tables: a module a subject, each with a function an event."""

from frontend_api.index.facts import certificates, devices, market, money, packages, people, tenders
from frontend_api.index.facts.rules import RULES

__all__ = ["RULES", "certificates", "devices", "market", "money", "packages", "people", "tenders"]
