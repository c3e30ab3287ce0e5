"""The frame of each page. It has no data of the market: the browser asks the API for it, and keeps what it last got."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from frontend_api.api.problems import Problem
from frontend_api.pages import served
from frontend_api.pages.language import COOKIE, LANGUAGES, chosen, texts
from frontend_api.pages.served import complete

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_NO_PAGES = ("/static/", "/vendor/", "/texts/", "/metrics", "/health", "/openapi.json")
_A_YEAR = 365 * 24 * 3600
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Page:
    """A page, and who finds it in the menu: all, those who signed in, those with an office, or the operator."""

    name: str
    path: str
    shown: str = "all"


PAGES = (
    Page("market", "/"),
    Page("trade", "/trade"),
    Page("tenders", "/tenders"),
    Page("certificates", "/certificates"),
    Page("place", "/me", "member"),
    Page("device", "/device", "hidden"),
    Page("supervision", "/supervision", "office"),
    Page("operation", "/operation", "operator"),
)


def problem_page(request: Request, problem: Problem) -> Response | None:
    """A page for people who came to an address that is none; programs get a document."""
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith(_NO_PAGES):
        return None
    language = chosen(request)
    html = _environment.get_template("problem.html").render(
        language=language, status=problem.status, detail=problem.detail, t=texts(language).__getitem__
    )
    return HTMLResponse(html, problem.status, headers={**_headers("", language), **problem.headers})


def _page(page: Page, request: Request) -> HTMLResponse:
    language = chosen(request)
    words = texts(language)
    imports = _importmap(language)
    ready = complete(served.PACKAGES)
    html = _environment.get_template("frame.html" if ready else "not_set_up.html").render(
        page=page,
        pages=PAGES,
        language=language,
        languages=LANGUAGES,
        time_zone=request.app.state.settings.time_zone,
        importmap=Markup(imports),
        t=words.__getitem__,
    )
    response = HTMLResponse(html, 200 if ready else 503, headers=_headers(imports, language))
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=_A_YEAR, samesite="lax", httponly=True)
    return response


def _importmap(language: str) -> str:
    """What the modules' bare names stand for."""
    names = {
        "texts": f"/texts/{language}.js",
        "uplot": "/vendor/uplot/uplot.js",
        "jsqr": "/vendor/jsqr/jsqr.js",
        "@noble/hashes/": "/vendor/noble-hashes/",
        "@noble/curves/": "/vendor/noble-curves/",
    }
    return json.dumps({"imports": names}, separators=(",", ":"))


def _headers(importmap: str, language: str) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(importmap.encode()).digest()).decode()
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' 'sha256-{digest}'",
        # Wallets announce their pictures as data.
        "img-src": "'self' data:",
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
        "Cache-Control": "no-cache",
        "Vary": "Cookie, Accept-Language",
        "Content-Language": language,
    }


def _route(page: Page) -> None:
    # Not in a thread: those are for the database, and may all wait for it.
    async def show(request: Request) -> HTMLResponse:
        return _page(page, request)

    router.add_api_route(page.path, show, methods=["GET"], name=f"page_{page.name}")


for _one in PAGES:
    _route(_one)
