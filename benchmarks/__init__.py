"""Measurements that take a quiet machine: python -m benchmarks. None of them is a test."""
