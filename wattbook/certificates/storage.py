"""What a storage unit gives back is as clean as what it took, less its loss."""

from dataclasses import dataclass

_WHOLE = 10_000


@dataclass(frozen=True)
class Discharge:
    """Clean Wh that come out, those that were burned for them, and the Wh that come out without a source."""

    clean: int
    burned: int
    grey: int


def discharge(charged_wh: int, clean_wh: int, discharged_wh: int, round_trip_bps: int) -> Discharge:
    """What a discharge is made of, when `clean_wh` of what was charged came with a certificate."""
    if not 0 <= clean_wh <= charged_wh:
        raise ValueError(f"{clean_wh} clean Wh are more than the {charged_wh} Wh that were charged")
    if not 0 < round_trip_bps <= _WHOLE:
        raise ValueError(f"a storage unit gives back {round_trip_bps} of {_WHOLE}")
    clean = min(discharged_wh, clean_wh * round_trip_bps // _WHOLE)
    return Discharge(clean, -(-clean * _WHOLE // round_trip_bps), discharged_wh - clean)
