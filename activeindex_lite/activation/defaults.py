"""The published settings of activation, which everything here uses unless told otherwise; imports nothing.

Source: Active Image Indexing (ICLR 2023, arXiv 2210.10620), section 4.
"""

# Strength of the change on the paper's scale; about 43 dB on the paper's photographs.
ALPHA = 3.0
STEPS, LR = 10, 1.0
# The published schedule, and the one-step attack that the paper gives beside it.
SCHEDULES = {"10 steps, learning rate 1": dict(steps=STEPS, lr=LR), "1 step, learning rate 10": dict(steps=1, lr=10.0)}
