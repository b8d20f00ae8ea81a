"""The part of `results/summary.json` that is about the quality gate: one row per fold."""

from typing import TypedDict


class GateRate(TypedDict):
    name: str  # a class, or a View Position ("unknown" where the GAN was told none)
    candidates: int
    passed: int  # nothing speaks against them, needed or not


class Gate(TypedDict):
    repeat: int
    fold: int
    candidates: int
    wanted: int  # places for synthetic images at the largest ratio
    accepted: int  # places that were filled; classic images fill the others
    passed: int
    copy_threshold: float  # similarity above which an image is a near copy
    reasons: dict[str, int]  # first reason -> candidates rejected for it
    classes: list[GateRate]
    views: list[GateRate]
