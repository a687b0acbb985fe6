"""The table of mutants: what one is, and all of them together."""

import glob
import importlib
import os

HERE = os.path.dirname(os.path.abspath(__file__))
# Every module has a list MUTANTS.
MODULES = sorted(os.path.basename(path)[:-len(".py")] for path in glob.glob(
    os.path.join(glob.escape(HERE), "mutants_*.py")))


class TableError(Exception):
    """The table, or a test that it names, is at fault."""


class Mutant:
    """One change of the source that a test has to notice."""

    def __init__(self, name, breaks, why, old, new, tests, short=False,
                 endings=()):
        self.name = name
        self.breaks = breaks    # invariants of the architecture, 1 to 6
        self.why = why          # what goes wrong, in a few words
        self.old = old          # stands once in src/, sql/ or nginx/
        self.new = new
        self.tests = tests      # names of test functions
        self.short = short      # in the part that --short runs
        # How its tests may end without a failure that they tell, see
        # suite.TestRun; whatever else is a fault of the run.
        self.endings = endings


def load():
    """All mutants, in the order of the modules."""
    mutants = []
    for name in MODULES:
        mutants += importlib.import_module(name).MUTANTS
    seen = set()
    for mutant in mutants:
        if mutant.name in seen:
            raise TableError("two mutants are called %s" % mutant.name)
        seen.add(mutant.name)
        if mutant.old == mutant.new:
            raise TableError("%s changes nothing" % mutant.name)
        if not mutant.tests or not set(mutant.breaks) <= set(range(1, 7)):
            raise TableError("%s: bad tests or invariants" % mutant.name)
    return mutants


def markdown(results):
    """The results as a table for the documentation."""
    lines = ["| mutant | what it breaks | invariant | caught by | s |",
             "|---|---|---|---|---|"]
    for r in results:
        by = ", ".join("`%s`" % name for name in r.by.split(", ")) \
            if r.verdict == "caught" else "**%s**: %s" % (r.verdict, r.by)
        lines.append("| %s | %s | %s | %s | %.0f |" % (
            r.mutant.name, r.mutant.why.replace("|", "\\|"),
            ", ".join(str(i) for i in r.mutant.breaks) or "–", by,
            r.seconds))
    caught = sum(r.verdict == "caught" for r in results)
    return "\n".join(lines) + "\n\n%d of %d caught.\n" % (
        caught, len(results))
