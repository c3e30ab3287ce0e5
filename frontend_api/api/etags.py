"""Weak ETags: what is made of the same block for the same question is the same answer."""

from hashlib import blake2b


def etag(moment: str, path: str, query: str) -> str:
    """The tag of an answer at a moment of the index."""
    return f'W/"{blake2b(f"{moment} {path}?{query}".encode(), digest_size=12).hexdigest()}"'


def is_held(tag: str, if_none_match: str | None) -> bool:
    """Whether who asks has this answer already."""
    if not if_none_match:
        return False
    held = [one.strip() for one in if_none_match.split(",")]
    return "*" in held or tag in held or tag.removeprefix("W/") in held
