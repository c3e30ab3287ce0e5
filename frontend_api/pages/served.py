"""The files behind the pages: our own, the texts, and of packages just those files that are imported."""

import json
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from frontend_api.pages.language import LANGUAGES, texts

router = APIRouter(include_in_schema=False)

PACKAGES = Path(__file__).parents[2] / "node_modules"
STATIC = Path(__file__).parents[1] / "static"

_NOBLE_HASHES = ("_md", "_u64", "hmac", "sha2", "sha3", "utils")
_NOBLE_CURVES = ("curve", "der", "fft", "frost", "hash-to-curve", "modular", "weierstrass")
# As the pages name them, and where a package has them.
VENDORED = {
    **{f"noble-hashes/{name}.js": f"@noble/hashes/{name}.js" for name in _NOBLE_HASHES},
    **{f"noble-curves/{name}.js": f"@noble/curves/{name}.js" for name in ("secp256k1", "utils")},
    **{f"noble-curves/abstract/{name}.js": f"@noble/curves/abstract/{name}.js" for name in _NOBLE_CURVES},
    "uplot/uplot.js": "uplot/dist/uPlot.esm.js",
    "uplot/uplot.css": "uplot/dist/uPlot.min.css",
    "jsqr/jsqr.js": "jsqr/dist/jsQR.js",
}
_FRESH = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_own = StaticFiles(directory=STATIC)


def complete(folder: Path) -> bool:
    """Whether all that the pages import from packages is there."""
    return all((folder / path).is_file() for path in VENDORED.values())


@router.get("/static/{path:path}")
async def static(path: str, request: Request) -> Response:
    response = await _own.get_response(path, request.scope)
    response.headers.update(_FRESH)
    return response


@router.get("/vendor/{path:path}")
async def vendor(path: str, request: Request) -> Response:
    if path not in VENDORED:
        raise HTTPException(404)
    folder = PACKAGES
    if not folder.is_dir():
        raise HTTPException(404, "the packages of the pages are not installed")
    response = await StaticFiles(directory=folder).get_response(VENDORED[path], request.scope)
    response.headers.update(_FRESH)
    return response


@router.get("/texts/{language}.js")
def catalogue(language: str) -> Response:
    """The texts as a module."""
    if language not in LANGUAGES:
        raise HTTPException(404)
    body = f"export default {json.dumps(texts(language), ensure_ascii=False)};\n"
    return Response(body, media_type="text/javascript; charset=utf-8", headers=_FRESH)


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    return await static("icon.svg", request)
