#!/usr/bin/env python3
"""Run the integration tests: run.py --builddir DIR [--keep] [pattern...]

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
    parser.add_argument("pattern", nargs="*")
    return parser.parse_args()


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


def main():
    args = arguments()
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
        return 2
    raise_file_limit()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    case.Shared.builddir = args.builddir
    case.Shared.keep = args.keep
    loader = unittest.TestLoader()
    if args.pattern:
        loader.testNamePatterns = ["*%s*" % p for p in args.pattern]
    tests = loader.discover(HERE, pattern="test_*.py", top_level_dir=HERE)
    if tests.countTestCases() == 0:
        print("run.py: no test matches", file=sys.stderr)
        return 2
    ended_well = False
    try:
        case.Shared.get()
        result = unittest.TextTestRunner(
            verbosity=2 if args.verbose else 1,
            resultclass=TimedResult).run(tests)
        if args.verbose:
            for seconds, name in result.slowest():
                print("%6.1f s  %s" % (seconds, name))
        bad = len(result.failures) + len(result.errors)
        if not args.pattern:
            unseen = operations.unseen()
            bad += len(unseen)
            for text in unseen:
                print("run.py: no test has met: %s (openapi.yaml)" % text)
        ended_well = bad == 0
        print("integration: %d run, %d failed" % (result.testsRun, bad))
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
