"""Solutions of the exercises in 11_beyond_the_paper.ipynb."""

import numpy as np
import torch


def margin(x, own, other):
    return (np.square(x - other).sum() - np.square(x - own).sum()) / (2 * np.linalg.norm(own - other))


def border_loss(x, own, others, tau):
    gaps = np.square(x - others).sum(1) - np.square(x - own).sum()
    return np.log1p(np.exp(-gaps / tau).sum())


def my_loss(features, targets):
    # Margins to the 32 nearest cells should be at least 0.3; add the distance to the code.
    own, others = torch.as_tensor(targets.cells.own), torch.as_tensor(targets.cells.others[:, :32])
    gaps = (features[:, None] - others).square().sum(2) - (features - own).square().sum(1, keepdim=True)
    margins = gaps / (2 * (own[:, None] - others).norm(dim=2))
    short = torch.nn.functional.softplus((0.3 - margins) / 0.1).mean(1)
    return short + (features - torch.as_tensor(targets.points)).square().sum(1)
