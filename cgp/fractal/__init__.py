"""A network that grows where it pays: a tree of gated nodes.

``FractalNetwork`` is the function with its gradient, ``grow`` adds a pair of children to a leaf
where a test that is handed in says that it pays. It knows nothing of ledgers; ``cgp.experts`` uses
it as one of its architectures. ``docs/experts.md`` describes it.
"""

from cgp.fractal.growth import Growth, Reshape, grow, merge_alike
from cgp.fractal.network import FractalNetwork
from cgp.fractal.oja import principal_direction

__all__ = [
    "FractalNetwork",
    "Growth",
    "Reshape",
    "grow",
    "merge_alike",
    "principal_direction",
]
