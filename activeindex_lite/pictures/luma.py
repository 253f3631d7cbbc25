"""The weights of luma: how much red, green and blue count in the brightness of a pixel."""

# ITU-R BT.601; PIL's mode "L" has the same.
LUMA = (0.299, 0.587, 0.114)
