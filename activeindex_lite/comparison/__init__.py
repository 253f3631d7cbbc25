"""Methods of activation compared fairly: at equal PSNR, on the same pictures, index and edits."""

from activeindex_lite.comparison.baselines import passive_baselines
from activeindex_lite.comparison.bench import Bench, gain_ratio
from activeindex_lite.comparison.run import COMPARED, Comparison, run_comparison

__all__ = ["COMPARED", "Bench", "Comparison", "gain_ratio", "passive_baselines", "run_comparison"]
