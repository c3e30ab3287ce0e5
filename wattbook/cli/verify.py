import json
import sys
from pathlib import Path
from typing import Any

import click

from wattbook.bridge.formats.recognise import MAX_FILE, verdicts
from wattbook.bridge.formats.records import RecordError, Sample, Verdict
from wattbook.cli.output import as_json
from wattbook.metering.keys import MeterKeyError, Signer, parse_key


@click.command()
@click.argument("file")
@click.option("--key", help="The meter's public key, in hex: DER, a point, or an Ethereum address.")
@as_json
def verify(file: str, key: str | None, as_json: bool) -> None:
    """Check a meter's record, from FILE or, with -, from stdin; its format is recognised by itself."""
    found = verdicts(_read(file), _key(key))
    answer = _whole(found)
    click.echo(json.dumps(answer, separators=(",", ":")) if as_json else json.dumps(answer, indent=2))
    if not answer["valid"]:
        sys.exit(1)


def _key(text: str | None) -> Signer | None:
    try:
        return None if text is None else parse_key(text)
    except MeterKeyError as error:
        raise click.BadParameter(str(error), param_hint="--key") from None


def _read(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_FILE + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecordError(f"{'stdin' if file == '-' else file} cannot be read: {reason}") from None


def _whole(found: tuple[Verdict, ...]) -> dict[str, Any]:
    """What holds for all records of a file, and with several each by itself under `records`."""
    records = [_one(verdict) for verdict in found]
    if len(records) == 1:
        return records[0]
    bad = [(number, record) for number, record in enumerate(records, 1) if not record["valid"]]
    return {
        "format": _common(records, "format"),
        "valid": not bad,
        "reason": f"record {bad[0][0]} of {len(records)}: {bad[0][1]['reason']}" if bad else "",
        "trust": max((record["trust"] for record in records if record["trust"]), default=None),
        "curve": _common(records, "curve"),
        "signature": _common(records, "signature"),
        "note": _common(records, "note") or "",
        "readings": [reading for record in records for reading in record["readings"]],
        "records": records,
    }


def _common(records: list[dict[str, Any]], name: str) -> Any:
    """What all have, or None."""
    values = {record[name] for record in records}
    return values.pop() if len(values) == 1 else None


def _one(verdict: Verdict) -> dict[str, Any]:
    return {
        "format": verdict.format,
        "valid": verdict.valid,
        "reason": verdict.reason,
        "trust": verdict.trust,
        "curve": verdict.curve,
        "signature": verdict.signature,
        "note": verdict.note,
        "key": str(verdict.key) if verdict.key else None,
        "id": f"0x{verdict.id.hex()}",
        "readings": [_reading(sample) for sample in verdict.readings],
    }


def _reading(sample: Sample) -> dict[str, Any]:
    return {
        "meter": sample.meter,
        "register": sample.register,
        "time": sample.time,
        "wh": sample.wh,
        "sequence": sample.sequence,
        "series": sample.series,
        "synchronised": sample.synchronised,
    }
