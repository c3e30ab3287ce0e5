"""The pages that people use: frames made here, filled in the browser with what the API answers."""

from frontend_api.pages import frames, served
from frontend_api.pages.frames import problem_page

ROUTERS = (frames.router, served.router)
__all__ = ["ROUTERS", "problem_page"]
