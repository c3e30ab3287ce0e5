"""Slices of clean energy, and certificates."""

from frontend_api.database.tables import certificates, slices
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.writing import Writing


@told("CleanEnergy", "SliceIssued")
def slice_issued(event: Event, writing: Writing) -> None:
    _add_slice(event, writing)


@told("Batteries", "BatteryDischarged")
def battery_discharged(event: Event, writing: Writing) -> None:
    _add_slice(event, writing)


def _add_slice(event: Event, writing: Writing) -> None:
    args = event.args
    writing.add(slices, event, slice=int(args["id"]), device=args["device"], owner=args["owner"])


@told("GreenCertificates", "CertificateMade")
def certificate_made(event: Event, writing: Writing) -> None:
    args = event.args
    writing.add(
        certificates,
        event,
        certificate=int(args["id"]),
        number=args["number"],
        maker=args["holder"],
        expires=args["expires"],
        slices=args["ids"],
        amounts=args["amounts"],
    )


@told("GreenCertificates", "CertificateRetired")
def certificate_retired(event: Event, writing: Writing) -> None:
    _end(event, writing, "retired", event.args["beneficiary"], event.args["purpose"])


@told("GreenCertificates", "CertificateExported")
def certificate_exported(event: Event, writing: Writing) -> None:
    _end(event, writing, "exported", None, event.args["destination"])


@told("GreenCertificates", "CertificateUnwrapped")
def certificate_unwrapped(event: Event, writing: Writing) -> None:
    _end(event, writing, "unwrapped", None, None)


@told("GreenCertificates", "CertificateSlashed")
def certificate_slashed(event: Event, writing: Writing) -> None:
    _end(event, writing, "slashed", None, None)


def _end(event: Event, writing: Writing, ended: str, beneficiary: str | None, purpose: str | None) -> None:
    """Where to it was exported stands as its purpose."""
    filled = {"ended": ended, "holder": event.args["holder"], "beneficiary": beneficiary, "purpose": purpose}
    writing.fill(certificates, "ended_block", event, {"certificate": int(event.args["id"])}, filled)
