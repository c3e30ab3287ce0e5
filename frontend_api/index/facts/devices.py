"""Devices, whose they are, and the roots over what they show."""

from frontend_api.database.tables import device_owners, devices, roots
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.writing import Writing


@told("Meters", "DeviceRegistered")
def device_registered(event: Event, writing: Writing) -> None:
    args, its, key = event.args, event.args["description"], event.args["key"]
    writing.add(
        devices,
        event,
        device=args["device"],
        zone=its["zone"],
        carrier=its["carrier"],
        direction=its["direction"],
        technology=its["technology"],
        clean=its["clean"],
        stores=its["stores"],
        rated_w=its["ratedW"],
        modulus=int(its["modulus"]),
        site=its["site"],
        curve=key["curve"],
        key_x=key["x"],
        key_y=key["y"],
    )
    writing.add(device_owners, event, device=args["device"], owner=args["owner"])


@told("Meters", "DeviceMoved")
def device_moved(event: Event, writing: Writing) -> None:
    writing.add(device_owners, event, device=event.args["device"], owner=event.args["to"])


@told("Readings", "RootPosted")
def root_posted(event: Event, writing: Writing) -> None:
    names = {"zone": "zone", "time": "time", "version": "version", "root": "root", "size": "size"}
    names |= {"data_hash": "dataHash", "signers": "signers"}
    writing.add(roots, event, **{column: event.args[name] for column, name in names.items()})
