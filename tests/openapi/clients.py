#!/usr/bin/env python3
"""clients.py BUILDDIR SCRIPT...: runs clients against a server

Each script of Node.js gets a new application, with its secret key in PALMARES_KEY
and the server's address in PALMARES_URL. One that fails says so by its status.
"""

import os
import pathlib
import subprocess
import sys

INTEGRATION = pathlib.Path(__file__).resolve().parent.parent / "integration"
sys.path.insert(0, str(INTEGRATION))

from case import App, Shared                            # noqa: E402


def run(stack, script):
    environment = dict(
        os.environ, PALMARES_KEY=App(stack).secret,
        PALMARES_URL="http://127.0.0.1:%d" % stack.port)
    result = subprocess.run(["node", script], env=environment, check=False)
    print("%s: %s" % (os.path.basename(script),
                      "passed" if result.returncode == 0 else "FAILED"))
    return result.returncode == 0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.splitlines()[0])
    Shared.builddir = os.path.abspath(sys.argv[1])
    stack = Shared.get()
    try:
        passed = [run(stack, script) for script in sys.argv[2:]]
        confession = stack.check_log()
    finally:
        Shared.stop()
    print("# PASS: %d\n# FAIL: %d" % (
        passed.count(True), passed.count(False)))
    if confession:
        sys.exit(confession)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
