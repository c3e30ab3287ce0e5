"""From settings to sources."""

import os
from collections.abc import Mapping, Sequence

from starlette.routing import Route

from wattbook.bridge.sources.http import route
from wattbook.bridge.sources.inbox import Inbox
from wattbook.bridge.sources.mqtt import Mqtt
from wattbook.bridge.sources.ocpp import Ocpp
from wattbook.bridge.sources.p1 import P1
from wattbook.bridge.sources.settings import (
    HttpSettings,
    InboxSettings,
    MqttSettings,
    OcppSettings,
    P1SerialSettings,
    P1TcpSettings,
    SimulatedSettings,
    SourceSettings,
    SunSpecSettings,
)
from wattbook.bridge.sources.simulated import Simulated
from wattbook.bridge.sources.source import Source, Take
from wattbook.bridge.sources.sunspec import SunSpec


def sources_of(
    settings: Sequence[SourceSettings], chain_id: int, contract: str, environment: Mapping[str, str] = os.environ
) -> list[Source]:
    """All that run in a thread of their own; a simulated meter signs for this chain and contract."""
    found: list[Source] = []
    for one in settings:
        match one:
            case MqttSettings():
                found.append(Mqtt(one, environment))
            case P1TcpSettings() | P1SerialSettings():
                found.append(P1(one))
            case InboxSettings():
                found.append(Inbox(one))
            case SunSpecSettings():
                found.append(SunSpec(one))
            case OcppSettings():
                found.append(Ocpp(one, environment))
            case SimulatedSettings():
                found.append(Simulated(one, chain_id, contract))
    return found


def routes_of(
    settings: Sequence[SourceSettings], take: Take, environment: Mapping[str, str] = os.environ
) -> list[Route]:
    """What the bridge's HTTP service takes records with."""
    return [route(one, take, environment) for one in settings if isinstance(one, HttpSettings)]
