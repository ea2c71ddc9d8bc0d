"""Does every sentence of a draft hold against the evidence it cites? Model's output and our own alike."""

from streams.drafting.grounding.ground import grounded

__all__ = ["grounded"]
