"""What single notebooks measure: one module per notebook, named like the notebook's figures and exercises."""
