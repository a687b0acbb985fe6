"""The results: medians, goals, and the table of both."""

import collections
import statistics

# A column: heading, figure, factor, format.
Column = collections.namedtuple("Column", "heading figure factor form")
COLUMNS = (
    Column("/s", "rate", 1, "%.0f"),
    Column("p50 ms", "p50", 1e-3, "%.2f"),
    Column("p95 ms", "p95", 1e-3, "%.2f"),
    Column("p99 ms", "p99", 1e-3, "%.2f"),
    Column("load µs", "cpu_load", 1, "%.1f"),
    Column("nginx µs", "cpu_nginx", 1, "%.1f"),
    Column("program µs", "cpu_program", 1, "%.1f"),
    Column("mariadbd µs", "cpu_mariadbd", 1, "%.1f"),
    Column("trips", "round_trips", 1, "%.2f"),
    Column("statements", "statements", 1, "%.2f"),
    Column("batch", "batch", 1, "%.1f"),
    Column("log B", "log_bytes", 1, "%.0f"),
    Column("fsyncs", "fsyncs", 1, "%.3f"),
    Column("peak MiB", "peak_mib", 1, "%.1f"),
    Column("pages read", "pages_read", 1, "%.3f"),
    Column("written", "pages_written", 1, "%.3f"),
    Column("elsewhere %", "elsewhere", 100, "%.0f"),
)
LEGEND = """\
Of each event (of each request, where it is none): processor time in \
microseconds, user and
system, of the load generator, of nginx, of the program behind it (palmaresd, \
php-fpm or the
null handler) and of mariadbd; round trips to the database and statements; \
bytes of InnoDB's
log, fsyncs, pages read and written. batch: events of a transaction. \
peak: memory that the
largest process of the program had resident. elsewhere: what other processes \
took of the machine."""

# lowest and highest: of the rounds.
Verdict = collections.namedtuple(
    "Verdict", "goal ratio lowest highest share met")


def medians(rounds):
    """{figure: median} of a case's rounds."""
    return {name: statistics.median(r[name] for r in rounds)
            for name in rounds[0]}


def judge(goal, results):
    """The median of the rounds' ratios against the goal; None where one of
    the two was not measured."""
    if goal.case not in results or goal.to not in (None, *results):
        return None
    ours = [r[goal.figure] for r in results[goal.case]]
    theirs = ([1] * len(ours) if goal.to is None
              else [r[goal.to_figure] for r in results[goal.to]])
    ratios = [a / b for a, b in zip(ours, theirs)]
    ratio = statistics.median(ratios)
    share = ratio / goal.limit if goal.at_least else goal.limit / ratio
    return Verdict(goal, ratio, min(ratios), max(ratios), share, share >= 1)


def verdicts(goals, results):
    return [v for v in (judge(g, results) for g in goals) if v is not None]


def case_cells(rounds):
    """The cells of a case's row; empty where a figure does not exist."""
    values = medians(rounds)
    return [c.form % (c.factor * values[c.figure]) if c.figure in values
            else "" for c in COLUMNS]


def goal_cells(verdict):
    return ["%.2f" % verdict.ratio,
            "%.2f–%.2f" % (verdict.lowest, verdict.highest),
            "%s %g" % ("≥" if verdict.goal.at_least else "≤",
                       verdict.goal.limit),
            "met" if verdict.met else "short"]


def tables(cases, goals, results):
    """(headings, rows) of the goals and of the cases."""
    yield (["goal", "ratio", "rounds", "wanted", ""],
           [[v.goal.title] + goal_cells(v)
            for v in verdicts(goals, results)])
    yield (["case"] + [c.heading for c in COLUMNS],
           [[c.title] + case_cells(results[c.name])
            for c in cases if c.name in results])


def aligned(headings, rows):
    """A table as text: the first column to the left, the rest to the
    right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0])]
                  + [cell.rjust(width) for cell, width
                     in zip(row[1:], widths[1:])]).rstrip()
        for row in [headings] + rows)


def text(cases, goals, results):
    parts = [aligned(headings, rows)
             for headings, rows in tables(cases, goals, results) if rows]
    return "\n\n".join(parts + [LEGEND])


def markdown(cases, goals, results):
    parts = []
    for headings, rows in tables(cases, goals, results):
        if rows:
            lines = [headings, ["---"] + ["---:"] * (len(headings) - 1)]
            parts.append("\n".join("| %s |" % " | ".join(cells)
                                   for cells in lines + rows))
    return "\n\n".join(parts) + "\n"


def document(cases, goals, results, about):
    """Everything, for --json."""
    return dict(
        about,
        cases=[dict(c._asdict(), median=medians(results[c.name]),
                    rounds=results[c.name])
               for c in cases if c.name in results],
        goals=[dict(v.goal._asdict(), ratio=v.ratio, lowest=v.lowest,
                    highest=v.highest, met=v.met)
               for v in verdicts(goals, results)])
