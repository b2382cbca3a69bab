"""Advice for those who write rules: what loads, yet is hardly what its author meant."""

from needlecare.lint.advice import advise

__all__ = ["advise"]
