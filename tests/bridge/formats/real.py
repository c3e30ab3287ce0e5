"""Records of real meters, which are not part of this project: read where they are handed out, else skipped."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "samples"

real = pytest.mark.skipif(not FOLDER.is_dir(), reason="no records of real meters at ../shared/samples")


def ocmf_files():
    return sorted((FOLDER / "ocmf").glob("*.xml"))


def dsmr_files():
    return sorted((FOLDER / "dsmr").glob("*.txt"))
