"""What a contract's code is, apart from what differs from one deployment to the next."""

from eth_utils.crypto import keccak


def code_hash(runtime: bytes, immutables: list[tuple[int, int]]) -> str:
    """The hash of what the code does: neither values set at deployment nor the compiler's trailing metadata count.

    The last two bytes are the length of that metadata; what hashes of sources it holds depends on which tool compiled.
    `immutables` are the [start, length] of the values set at deployment.
    """
    code = bytearray(runtime[: -2 - int.from_bytes(runtime[-2:])])
    for start, length in immutables:
        code[start : start + length] = bytes(length)
    return "0x" + keccak(bytes(code)).hex()
