"""A picture of a run: acknowledged events over time, and the faults."""

from html import escape

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 10, 130, 40
STEP = 0.25         # seconds of one column
LINE = 14           # height of a title
STYLE = """
text { font: 11px sans-serif; fill: #222 }
.columns { fill: #2b6cb0 }
.fault { fill: #c53030; fill-opacity: 0.16 }
.mark { stroke: #c53030; stroke-width: 1 }
.axis { stroke: #999; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .columns { fill: #63b3ed }
}
"""


def counts_of(history, begin, columns):
    """Events acknowledged in each column."""
    counts = [0] * columns
    for event in history.events.values():
        if event.acked is not None:
            column = int((event.acked - begin) / STEP)
            if 0 <= column < columns:
                counts[column] += 1
    return counts


def nice(value):
    """The round number above a value."""
    size = 10 ** (len(str(int(value))) - 1)
    return next(size * n for n in (1, 2, 5, 10) if size * n >= value)


def write(path, history, phases):
    """Draw a run from its first request to the last answer, as SVG."""
    events = [e for e in history.events.values() if e.acked is not None]
    begin = min(e.invoked for e in events)
    end = max(e.acked for e in events)
    columns = int((end - begin) / STEP) + 1
    rates = [n / STEP for n in counts_of(history, begin, columns)]
    top = nice(max(rates))
    height = HEIGHT - TOP - BOTTOM

    def x(seconds):
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / (columns * STEP)

    def y(rate):
        return TOP + height * (1 - rate / top)

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d"'
             ' role="img"><title>Events acknowledged per second while parts'
             ' fail</title><style>%s</style>' % (WIDTH, HEIGHT, STYLE)]
    parts += faults_of(phases, begin, x)
    parts += ['<rect class="columns" x="%.1f" y="%.1f" width="%.2f"'
              ' height="%.1f"/>' % (x(i * STEP), y(rate),
                                    x(STEP) - x(0) - 0.3,
                                    TOP + height - y(rate))
              for i, rate in enumerate(rates) if rate]
    parts += axes_of(columns * STEP, top, x, y)
    parts.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(parts))


def faults_of(phases, begin, x):
    """A band for each fault, and its name above."""
    lines = (TOP - LINE) // LINE
    for number, (at, until, name) in enumerate(phases):
        left, right = x(at - begin), x(until - begin)
        line_y = TOP - LINE * (lines - number % lines)
        last = left > WIDTH * 0.85
        yield ('<rect class="fault" x="%.1f" y="%d" width="%.1f"'
               ' height="%d"/>' % (left, TOP, max(right - left, 1),
                                   HEIGHT - TOP - BOTTOM))
        yield ('<line class="mark" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>'
               % (left, left, line_y - 6, HEIGHT - BOTTOM))
        yield '<text x="%.1f" y="%d" text-anchor="%s">%s</text>' % (
            left + (-3 if last else 3), line_y + 4,
            "end" if last else "start", escape(name))


def axes_of(seconds, top, x, y):
    bottom = HEIGHT - BOTTOM
    yield '<line class="axis" x1="%d" x2="%d" y1="%d" y2="%d"/>' % (
        LEFT, WIDTH - RIGHT, bottom, bottom)
    for rate in (0, top / 2, top):
        yield '<text x="%d" y="%.1f" text-anchor="end">%d</text>' % (
            LEFT - 6, y(rate) + 4, rate)
    step = nice(seconds / 12)
    for second in range(0, int(seconds) + 1, int(step)):
        yield '<text x="%.1f" y="%d" text-anchor="middle">%d s</text>' % (
            x(second), bottom + 16, second)
    yield '<text x="%d" y="%d">events/s</text>' % (4, TOP - 10)
