"""Methods of activation at equal PSNR, and passive indexes at equal cost, on the same pictures and edits."""

from activeindex_lite.comparison.baselines import Passive, passive_baselines
from activeindex_lite.comparison.bench import Bench, gain_ratio
from activeindex_lite.comparison.equal_cost import equal_cost
from activeindex_lite.comparison.run import COMPARED, Comparison, run_comparison

__all__ = [
    "COMPARED",
    "Bench",
    "Comparison",
    "Passive",
    "equal_cost",
    "gain_ratio",
    "passive_baselines",
    "run_comparison",
]
