"""A history checker, and chaos (README.md)."""
