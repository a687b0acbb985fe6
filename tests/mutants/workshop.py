"""A copy of the sources with a build of its own, to put mutants into."""

import contextlib
import glob
import os
import shutil
import subprocess

from table import TableError

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# Where a mutant's text may stand.
MUTABLE = (("src", (".c", ".h")), ("sql", (".sql",)), ("nginx", (".conf",)))
# What an in-tree build leaves behind, and a build elsewhere stumbles over;
# besides, whatever has been compiled.
BUILT = ("Makefile", "config.status", "config.log", "autom4te.cache",
         "__pycache__")
BUILT_ENDINGS = (".o", ".a", ".log", ".trs", "_data.c")
ELF = b"\x7fELF"
# What config.status has where configure has not found cmocka.
NO_CMOCKA = 'S["HAVE_CMOCKA_TRUE"]="#"'


class BuildError(Exception):
    """The sources do not build as they are, or not on this machine."""


def top(builddir):
    return os.path.join(os.path.abspath(builddir), "mutants")


def clean(builddir):
    """Remove the copies; the logs stay."""
    for path in glob.glob(os.path.join(glob.escape(top(builddir)), "*")):
        if os.path.basename(path) != "log":
            shutil.rmtree(path, ignore_errors=True)


def is_compiled(path):
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(len(ELF)) == ELF


def left_out(scratch):
    """Tells copytree what is not copied: hidden files, builds, what was
    built, and the directory that the copy is made in."""
    scratch = os.path.realpath(scratch)

    def ignore(directory, names):
        def is_build(name):
            path = os.path.join(directory, name)
            return (os.path.realpath(path) == scratch or is_compiled(path)
                    or os.path.exists(os.path.join(path, "config.status")))

        return [n for n in names if n.startswith(".") or n in BUILT
                or n.endswith(BUILT_ENDINGS) or is_build(n)]
    return ignore


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def locate(tree, mutant):
    """The one file that has the mutant's old text; wherever it has moved."""
    hits = []
    for folder, endings in MUTABLE:
        for directory, _, names in os.walk(os.path.join(tree, folder)):
            for name in names:
                if name.endswith(endings):
                    path = os.path.join(directory, name)
                    hits += [path] * read(path).count(mutant.old)
    if len(hits) != 1:
        raise TableError(
            "mutant %s is stale: its old text stands %d times in src/, sql/"
            " and nginx/, and must stand once; mend it in tests/mutants" % (
                mutant.name, len(hits)))
    return hits[0]


def run_logged(argv, log, cwd):
    with open(log, "ab") as out:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=out, cwd=cwd).returncode


class Workshop:
    """The directories of one copy."""

    def __init__(self, directory, logs):
        self.directory = directory
        self.tree = os.path.join(directory, "tree")
        self.build_dir = os.path.join(directory, "build")
        self.logs = logs

    @classmethod
    def make(cls, builddir, *options):
        """Copy and configure the sources; nothing is built yet."""
        if not os.path.exists(os.path.join(SOURCE, "configure")):
            raise BuildError("no configure in %s: autoreconf -i makes it"
                             % SOURCE)
        shutil.rmtree(top(builddir), ignore_errors=True)
        shop = cls(os.path.join(top(builddir), "1"),
                   os.path.join(top(builddir), "log"))
        os.makedirs(shop.logs)
        # With their times, so that make runs no autotools.
        shutil.copytree(SOURCE, shop.tree, symlinks=True,
                        ignore=left_out(top(builddir)))
        os.mkdir(shop.build_dir)
        log = os.path.join(shop.logs, "configure.log")
        if run_logged(["../tree/configure", "-q", "CFLAGS=-O1 -g"]
                      + list(options), log, shop.build_dir) != 0:
            raise BuildError("configure fails, see %s" % log)
        if NO_CMOCKA in read(os.path.join(shop.build_dir, "config.status")):
            raise BuildError("the tests need cmocka: apt-get install"
                             " libcmocka-dev, then run this again")
        return shop

    def copy(self, number):
        """Another workshop, as far built as this one."""
        other = Workshop(os.path.join(os.path.dirname(self.directory),
                                      str(number)), self.logs)
        shutil.copytree(self.directory, other.directory, symlinks=True)
        return other

    def build(self, targets, name=None):
        """Bring the targets up to date; the log's path if a mutant fails."""
        log = os.path.join(self.logs, (name or "build") + ".log")
        rc = run_logged(["make", "-s", "-j2"] + list(targets), log,
                        self.build_dir)
        if rc != 0 and name is None:
            raise BuildError("the sources do not build, see %s" % log)
        return log if rc != 0 else None

    @contextlib.contextmanager
    def changed(self, mutant):
        """The tree has the mutant in it, for a while."""
        path = locate(self.tree, mutant)
        text = read(path)
        write(path, text.replace(mutant.old, mutant.new))
        try:
            yield
        finally:
            write(path, text)
