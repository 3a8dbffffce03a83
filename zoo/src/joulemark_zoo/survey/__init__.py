"""Tries every model of timm's published table: which can be exported, how, and why not."""
