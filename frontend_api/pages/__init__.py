"""The pages that people use: frames made here, filled in the browser with what the API answers."""

from frontend_api.pages.frames import problem_page
from frontend_api.pages.frames import router as frames
from frontend_api.pages.served import router as served

ROUTERS = (frames, served)
__all__ = ["ROUTERS", "problem_page"]
