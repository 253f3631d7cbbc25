"""Measurements that one command makes and stores, and that the explorers and notebooks read."""
