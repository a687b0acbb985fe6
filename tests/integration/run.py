#!/usr/bin/env python3
"""Run the integration tests: run.py --builddir DIR [--jobs N] [pattern...]

A pattern chooses tests whose full name (module.class.test) contains it.
The exit status is 0 if everything passed, 1 if not, 2 if it could not begin.
"""

import argparse
import os
import resource
import signal
import sys
import time
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import case         # noqa: E402  the path must be set first
import operations   # noqa: E402
import share        # noqa: E402
import stack        # noqa: E402

FILES = 10000 + 1000    # the idle connections of test_bad_input, and room


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builddir", default=".",
                        help="where src/palmaresd and src/palmaresctl are")
    parser.add_argument("--keep", action="store_true",
                        help="keep the temporary directory")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="each test's name, and the slowest at the end")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="share the modules out among N processes, each"
                        " with servers of its own")
    parser.add_argument("--serve", action="store_true",
                        help=argparse.SUPPRESS)     # one of these processes
    parser.add_argument("pattern", nargs="*")
    args = parser.parse_args()
    if args.jobs < 1:
        parser.error("--jobs is 1 or more")
    return args


def raise_file_limit():
    """Room for many connections; the servers inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        if os.geteuid() == 0:
            hard = FILES
        else:
            print("run.py: the limit of open files is %d; the test of 10,000"
                  " connections needs %d" % (hard, FILES), file=sys.stderr)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def stop(number, _frame):
    """For signal.signal: of all exceptions, unittest lets only this one end
    the run, where any other is a test that has failed."""
    raise KeyboardInterrupt("signal %d" % number)


class TimedResult(unittest.TextTestResult):
    """Knows how long each test took."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.seconds = {}

    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        self.seconds[test.id()] = time.monotonic() - self.started
        super().stopTest(test)

    def slowest(self, count=10):
        """(seconds, name) of the slowest tests."""
        return sorted(((s, name) for name, s in self.seconds.items()),
                      reverse=True)[:count]


def load(names, patterns):
    """The tests of a module, or of all (test_*), that a pattern chooses."""
    loader = unittest.TestLoader()
    if patterns:
        loader.testNamePatterns = ["*%s*" % p for p in patterns]
    return loader.discover(HERE, pattern=names + ".py", top_level_dir=HERE)


def run(args, tests):
    """(how many have run, how many have failed)."""
    case.Shared.get()
    result = unittest.TextTestRunner(
        stream=sys.stdout if args.serve else None,
        verbosity=2 if args.verbose else 1, resultclass=TimedResult).run(tests)
    if args.verbose:
        for seconds, name in result.slowest():
            print("%6.1f s  %s" % (seconds, name))
    return result.testsRun, len(result.failures) + len(result.errors)


def run_shared(args, tests):
    """The same, by several processes."""
    command = [sys.executable, os.path.abspath(__file__), "--serve"]
    command += ["--builddir", args.builddir]
    command += ["--keep"] * args.keep + ["-v"] * args.verbose + args.pattern
    together = share.Share(share.modules(tests), args.jobs, command)
    together.go()
    # For test.sh, which adds up what unittest's summaries say.
    print("# FAIL: %d" % together.lost)
    return together.run, together.bad


def run_all(args):
    """Whether all has ended well."""
    tests = load("test_*", args.pattern)
    if tests.countTestCases() == 0:
        raise stack.StackError("no test matches")
    count, bad = (run if args.jobs == 1 else run_shared)(args, tests)
    if not args.pattern:
        unseen = operations.unseen()
        bad += len(unseen)
        for text in unseen:
            print("run.py: no test has met: %s (openapi.yaml)" % text)
        print("# FAIL: %d" % len(unseen))
    print("integration: %d run, %d failed" % (count, bad))
    return bad == 0


def missing_programs(args):
    """Whether something is, which is told."""
    missing = stack.missing_programs(args.builddir) + [
        name for name in ("mariadb-dump", "openssl", "zstd", "apache2",
                          "varnishd")
        if not stack.find_program(name)]
    if missing:
        print("run.py: missing: %s" % ", ".join(missing), file=sys.stderr)
        print("run.py: build first (make), and install mariadb-server-core,"
              " mariadb-client, nginx-light, apache2-bin, varnish, openssl and"
              " zstd",
              file=sys.stderr)
    return bool(missing)


def main():
    args = arguments()
    if missing_programs(args):
        return 2
    raise_file_limit()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    case.Shared.builddir = args.builddir
    case.Shared.keep = args.keep
    ended_well = False
    try:
        if args.serve:
            share.serve(lambda name: run(args, load(name, args.pattern)))
            ended_well = True
        else:
            ended_well = run_all(args)
    except stack.StackError as e:
        print("run.py: %s" % e, file=sys.stderr)
        return 2
    except KeyboardInterrupt as e:
        print("run.py: stopped: %s" % (e or "by the keyboard"),
              file=sys.stderr)
    finally:
        try:
            case.Shared.stop()
        except stack.StackError as e:
            print("run.py: %s" % e, file=sys.stderr)
            ended_well = False
    return 0 if ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
