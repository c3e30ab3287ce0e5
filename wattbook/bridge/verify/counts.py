"""What came and what became of it, in numbers."""

from collections import Counter
from dataclasses import dataclass, field

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.verify.reasons import Reason


@dataclass
class Counts:
    """Since the start, by source.

    - taken: new readings, by their trust
    - repeated: readings that were there already
    - refused: records and readings that were not taken, by reason
    - notes: readings that were taken, and are remarkable: `gap` (numbers are missing before it), `rollover` (the
      register began anew), `unsynchronised` (the meter says that its clock is not right)
    - drift: of each device, how many seconds the time of its last reading was after its receipt; below 0 when before
    """

    taken: Counter[tuple[str, Trust]] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    drift: dict[int, int] = field(default_factory=dict)
