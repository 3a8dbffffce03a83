"""Exports timm models to artefacts that Joulemark measures."""

__version__ = "0.1.0"
