"""The command line: `activeindex-lite` and its commands."""
