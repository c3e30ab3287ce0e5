"""What anybody may see."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
