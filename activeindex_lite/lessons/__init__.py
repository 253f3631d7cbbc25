"""What single notebooks measure: one module per notebook, named like its figures and exercises."""
