"""Solutions of the exercises in 00_start_here.ipynb."""


def share_found(first, truth):
    return (first == truth).mean()
