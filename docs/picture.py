"""Draws the README's picture, docs/plan.svg: what `needlecare plan` shows, taken from the program itself."""

import io
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.terminal_theme import MONOKAI

from needlecare import build_timeline, load_rules, make_treatment, read_facts
from needlecare.views.brief import make_brief
from needlecare.views.text import draw as lay_out

PICTURE = Path(__file__).parent / "plan.svg"
_COLUMNS = 80
# Rich's own frame would fetch a font; this one uses what the reader has.
_FRAME = """\
<svg viewBox="0 0 {width} {terminal_height}" xmlns="http://www.w3.org/2000/svg" role="img"
  aria-label="A plan in a terminal">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>
<g transform="translate(9, 9)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def draw() -> str:
    """Draw the first screen of a plan as SVG."""
    rules = load_rules()
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"))
    timeline = build_timeline(rules, treatment, read_facts(rules, {}))
    console = Console(
        record=True,
        width=_COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    # The frame has its margin at the top alone.
    for line in (*lay_out(make_brief(timeline), _COLUMNS), []):
        for text, style in line:
            console.print(text, style=style, end="", markup=False, highlight=False)
        console.print()
    return console.export_svg(title="needlecare plan", code_format=_FRAME, theme=MONOKAI, unique_id="plan")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
