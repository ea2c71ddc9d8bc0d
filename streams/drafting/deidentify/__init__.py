"""De-identification: what leaves for a model names nobody. Identities is the whole surface; the rest is behind it.

Text that comes in is data; nothing in it is ever an instruction.
"""

from streams.drafting.deidentify.gate import Leak
from streams.drafting.deidentify.identities import Identities, Removal, Scrubbed, TooLargeError
from streams.drafting.deidentify.known import Person, Thing
from streams.drafting.deidentify.tokens import Kind

__all__ = ["Identities", "Kind", "Leak", "Person", "Removal", "Scrubbed", "Thing", "TooLargeError"]
