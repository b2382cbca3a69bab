"""The clinic that hands a plan out: its name, phone, logo and colours, and how well those can be read."""

from typing import NamedTuple

# What pages are drawn on; a clinic's colours are checked against these.
LIGHT_PAGE = "#ffffff"
DARK_PAGE = "#14181b"
# The ratio that WCAG asks for between text and what is behind it.
LEAST_CONTRAST = 4.5

# Brightness of a channel, and how much each counts: the definition of relative luminance in WCAG 2.
_LINEAR_BELOW = 0.04045
_SHARES = (0.2126, 0.7152, 0.0722)


class Clinic(NamedTuple):
    """Who hands the plan out. *logo* is a `data:` address; *light* and *dark* are colours on such a page."""

    name: str
    phone: str = ""
    logo: str = ""
    light: str = ""
    dark: str = ""
    closing: str = ""


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours such as #0b5d5e, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= _LINEAR_BELOW else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(share * one for share, one in zip(_SHARES, linear, strict=True))
