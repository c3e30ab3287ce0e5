"""Codes of certificates: out of a picture, and the camera that comes and goes."""

import struct
import zlib
from pathlib import Path

from playwright.sync_api import Browser

from tests.frontend.browser.stand import Stand, person

SIZE = 21
# Level L and mask 0, with the bits that guard them.
_FORMAT = 0b111011111000100


def test_a_code_in_a_picture(browser: Browser, stand: Stand, tmp_path: Path) -> None:
    with person(browser, stand) as somebody:
        page = somebody.page
        somebody.go("/certificates")
        page.click("#find summary")
        (tmp_path / "empty.png").write_bytes(_png([[False] * SIZE for _ in range(SIZE)]))
        page.set_input_files("#picture", tmp_path / "empty.png")
        page.wait_for_selector("#picture-wrong:not(:empty)")
        (tmp_path / "code.png").write_bytes(_png(_code("2")))
        page.set_input_files("#picture", tmp_path / "code.png")
        page.wait_for_selector("#found-heading >> text=Certificate no. 2")
        page.wait_for_selector("#origin >> text=by device")
        assert page.input_value("#id") == "2"
        assert somebody.errors == []


def test_what_is_no_certificate_is_said(browser: Browser, stand: Stand) -> None:
    with person(browser, stand) as somebody:
        page = somebody.page
        somebody.go("/certificates")
        for text in ("<script>alert(1)</script>", "", "'; DROP TABLE events; --"):
            page.fill("#id", text)
            page.press("#id", "Enter")
            page.wait_for_selector("#id-wrong:not(:empty)")
        page.fill("#id", "#999999")
        page.press("#id", "Enter")
        page.wait_for_selector("#certificate >> text=There is no certificate")


def test_the_camera_is_refused(browser: Browser, stand: Stand) -> None:
    with person(browser, stand) as somebody:
        page = somebody.page
        somebody.go("/certificates")
        page.click("#scan")
        page.wait_for_selector("#camera .wrong")
        assert page.inner_text("#scan") == "Scan a code"
        assert somebody.errors == []


# ------------------------------------------------------------------------------------------------ the smallest codes


def _code(digits: str) -> list[list[bool]]:
    """A QR code of version 1: up to 41 digits."""
    bits = f"0001{len(digits):010b}"
    for start in range(0, len(digits), 3):
        part = digits[start : start + 3]
        bits += f"{int(part):0{3 * len(part) + 1}b}"
    bits = (bits + "0000").ljust((len(bits) + 4 + 7) // 8 * 8, "0")
    data = [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
    data += [(0xEC, 0x11)[place % 2] for place in range(19 - len(data))]
    stream = iter("".join(f"{one:08b}" for one in [*data, *_guards(data, 7)]))
    cells: list[list[bool | None]] = [[None] * SIZE for _ in range(SIZE)]
    _patterns(cells)
    upward = True
    for right in (20, 18, 16, 14, 12, 10, 8, 5, 3, 1):
        for row in range(SIZE - 1, -1, -1) if upward else range(SIZE):
            for column in (right, right - 1):
                if cells[row][column] is None:
                    cells[row][column] = (next(stream, "0") == "1") ^ ((row + column) % 2 == 0)
        upward = not upward
    return [[bool(cell) for cell in row] for row in cells]


def _patterns(cells: list[list[bool | None]]) -> None:
    """What every code of this size has: three eyes, the rulers between them, the format twice."""
    for top, left in ((0, 0), (0, 14), (14, 0)):
        for row in range(-1, 8):
            for column in range(-1, 8):
                if 0 <= top + row < SIZE and 0 <= left + column < SIZE:
                    ring = max(abs(row - 3), abs(column - 3))
                    cells[top + row][left + column] = ring in (0, 1, 3)
    for place in range(8, 13):
        cells[6][place] = cells[place][6] = place % 2 == 0
    cells[13][8] = True
    said = [_FORMAT >> (14 - place) & 1 == 1 for place in range(15)]
    around = [(8, 0), (8, 1), (8, 2), (8, 3), (8, 4), (8, 5), (8, 7), (8, 8), (7, 8)]
    around += [(row, 8) for row in (5, 4, 3, 2, 1, 0)]
    apart = [(row, 8) for row in range(20, 13, -1)] + [(8, column) for column in range(13, 21)]
    for bit, one, other in zip(said, around, apart, strict=True):
        cells[one[0]][one[1]] = cells[other[0]][other[1]] = bit


def _guards(data: list[int], number: int) -> list[int]:
    """Reed and Solomon's check bytes."""
    powers = [1]
    for _ in range(254):
        powers.append(powers[-1] << 1 ^ (0x11D if powers[-1] & 0x80 else 0))
    logs = {value: place for place, value in enumerate(powers)}

    def times(a: int, b: int) -> int:
        return powers[(logs[a] + logs[b]) % 255] if a and b else 0

    generator = [1]
    for place in range(number):
        longer = [*generator, 0]
        for index, factor in enumerate(generator):
            longer[index + 1] ^= times(factor, powers[place])
        generator = longer
    rest = [*data, *[0] * number]
    for place in range(len(data)):
        factor = rest[place]
        for index, one in enumerate(generator):
            rest[place + index] ^= times(one, factor)
    return rest[len(data) :]


def _png(cells: list[list[bool]], scale: int = 8, border: int = 4) -> bytes:
    side = (len(cells) + 2 * border) * scale
    rows = []
    for y in range(side):
        line = bytearray(b"\0")
        for x in range(side):
            row, column = y // scale - border, x // scale - border
            inside = 0 <= row < len(cells) and 0 <= column < len(cells)
            line.append(0 if inside and cells[row][column] else 255)
        rows.append(bytes(line))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )
