"""What one command measures and stores, and explorers read."""
