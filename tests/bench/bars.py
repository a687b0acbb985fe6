"""A picture of the goals: how far each was reached, as SVG."""

from html import escape

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 400, 130, 40, 14
ROW, BAR = 28, 16
LONGEST = 2.0       # of a bar, in goals: what is beyond is cut and marked
STYLE = """
text { font: 12px sans-serif; fill: #222 }
.met { fill: #2b6cb0 }
.short { fill: #c53030 }
.beyond { stroke: #fff; stroke-width: 3 }
.goal { stroke: #222; stroke-width: 1.5; stroke-dasharray: 4 3 }
.axis { stroke: #999; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .met { fill: #63b3ed } .short { fill: #fc8181 }
  .beyond { stroke: #222 } .goal { stroke: #ddd }
}
"""


def x(share):
    return LEFT + (WIDTH - LEFT - RIGHT) * min(share, LONGEST) / LONGEST


def bar(verdict, y):
    """The parts of one goal's row, which begins at y."""
    goal, end = verdict.goal, x(verdict.share)
    base = y + BAR - 4
    yield '<text x="%d" y="%d" text-anchor="end">%s</text>' % (
        LEFT - 8, base, escape(goal.title))
    yield '<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>' % (
        "met" if verdict.met else "short", LEFT, y, end - LEFT, BAR)
    if verdict.share > LONGEST:
        yield '<line class="beyond" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>' % (
            end - 14, end - 8, y + BAR, y)
    yield '<text x="%d" y="%d">%.2f (%s %g)</text>' % (
        WIDTH - RIGHT + 10, base, verdict.ratio,
        "≥" if goal.at_least else "≤", goal.limit)


def frame(height):
    """The axis, and the line that a bar is to reach."""
    bottom = height - BOTTOM
    yield '<line class="axis" x1="%d" x2="%d" y1="%d" y2="%d"/>' % (
        LEFT, LEFT, TOP - 6, bottom)
    yield '<line class="goal" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>' % (
        x(1), x(1), TOP - 6, bottom)
    yield '<text x="%.1f" y="%d" text-anchor="middle">goal</text>' % (
        x(1), TOP - 12)
    yield '<text x="%d" y="%d">ratio (goal)</text>' % (
        WIDTH - RIGHT + 10, TOP - 12)


def write(path, verdicts):
    """Draw a bar for each goal: as long as the line, or longer, is met."""
    height = TOP + ROW * len(verdicts) + BOTTOM
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d"'
             ' role="img"><title>Measured ratios against their goals</title>'
             '<style>%s</style>' % (WIDTH, height, STYLE)]
    for number, verdict in enumerate(verdicts):
        parts += bar(verdict, TOP + ROW * number)
    parts += frame(height)
    parts.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(parts))
