"""XML from strangers: no document types, hence no entities and nothing fetched, and not more tags than memory bears."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from wattbook.bridge.formats.records import RecordError

# A year of quarter hours in Green Button has half as many.
MAX_TAGS = 1_000_000


def parsed(data: bytes) -> Element:
    """The root of a document."""
    if data.count(b"<") > MAX_TAGS:
        raise RecordError(f"XML with more than {MAX_TAGS} tags is not read")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise RecordError(f"not XML: {error}") from None
    except DefusedXmlException:
        raise RecordError("XML with a document type, which is not read: it could hold a bomb") from None
    except (ValueError, LookupError) as error:
        # Encodings that the parser does not know.
        raise RecordError(f"XML that cannot be read: {error}") from None
    return root


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
