#!/usr/bin/env python3
"""make bench: Palmarès through nginx against what else one could have.

Absolute figures mean little on a shared machine.  Each round measures all
cases one after the other on one durable database server, those that are
compared side by side, and every other round in the opposite order.  A goal is
a ratio of two of them: taken in each round, the median of all rounds counts.
The parties: a bare loop (one transaction for each event, no HTTP), PHP with
mysqli, a FastCGI program that does nothing, and Palmarès as shipped, the
latter three behind the same configuration of nginx and loaded by wrk.

Every measurement begins with a new database of the same 10,000 users and a
second of warm-up.  Afterwards exactly what was acknowledged must be stored, and
`palmaresctl verify` must find nothing.  Any answer that is no success, and any
process that is replaced meanwhile, ends the run.

The exit status is 0 if all was measured, whether goals are met or not, 1 if
something went wrong, 2 if it could not begin.
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import session              # noqa: E402  the paths must be set first
from cases import CASES, GOALS      # noqa: E402
from sides import SIDES             # noqa: E402

PLAN = session.Plan(CASES, GOALS, SIDES, True)


def main():
    parser = session.parser_of(__doc__, 5, 5)
    parser.add_argument("--quick", action="store_true",
                        help="one round of 1 s each: to see that it works")
    args = session.parsed(parser)
    if args.quick:
        args.rounds = args.seconds = 1
    session.run(args, PLAN)


if __name__ == "__main__":
    main()
