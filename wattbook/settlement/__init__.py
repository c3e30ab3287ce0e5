"""What was delivered against what was sold."""
