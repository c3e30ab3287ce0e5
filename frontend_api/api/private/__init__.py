"""What only those see whom it concerns."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
