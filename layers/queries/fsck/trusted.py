"""The limits for what an import has let in: whatever they were then, and are now, it is read again."""

from dataclasses import fields
from typing import Final

from layers.oci.limits import Limits

UNBOUNDED: Final = 2**62
BOUNDED: Final = {"link_hops": 4096, "json_depth": 200, "zstd_window": 2**31}
"""What would not end, or not fit, without a bound."""

TRUSTED: Final = Limits(**{field.name: BOUNDED.get(field.name, UNBOUNDED) for field in fields(Limits)})
