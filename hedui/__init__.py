"""Hedui (核对): verifies the economic status of households that ask for social assistance."""

__version__ = "0.1.0"
