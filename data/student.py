"""Student's t for scripts that need nothing but Python."""

from __future__ import annotations

#: By degrees of freedom, from 1 on.
FIRST = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)


def student_t_95(degrees: int) -> float:
    """97.5 % quantile; above ten degrees by the expansion of Abramowitz and Stegun, 26.7.5, off by less than 0.0002."""
    if degrees <= len(FIRST):
        return FIRST[degrees - 1]
    return 1.959964 + (2.372271 + (2.822499 + 2.555850 / degrees) / degrees) / degrees
