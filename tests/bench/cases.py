"""What is measured, and what it is to be: tables of cases and of goals."""

import collections

USERS = 10000       # of the cases with random users
POINT_SCALE_RULES = 10  # so many rules share a point scale
BARE_CONNECTIONS = 16

# side: who serves (see sides.py); kind: what is asked for; users: 1 is one hot
# user; rules: on the event's type; events: of a request; rich: the rules have
# conditions, and a daily cap or a streak.
Case = collections.namedtuple(
    "Case", "name title side kind clients users rules events rich")


def case(name, title, side, kind, clients, users=USERS, rules=1, events=1,
         rich=False):
    return Case(name, title, side, kind, clients, users, rules, events, rich)


def post(clients, users, rules=1, rich=False):
    """Single events for Palmarès."""
    name = "post %s %d" % ("hot" if users == 1 else "random", clients)
    title = "event, %s, %d client%s, %d rule%s" % (
        "one hot user" if users == 1 else "random users",
        clients, "s"[:clients > 1], rules, "s"[:rules > 1])
    if rules > 1:
        name += " rules %d" % rules
    if rich:
        name += " rich"
        title += " with conditions and caps or streaks"
    return case(name, title, "palmares", "event", clients, users, rules,
                rich=rich)


# Those that are compared stand together, so that they share the machine's mood.
CASES = (
    case("bare random", "bare loop, random users, 16 connections",
         "bare", "event", BARE_CONNECTIONS),
    post(64, USERS),
    case("batch 100", "batches of 100, random users, 64 clients, 1 rule",
         "palmares", "batch", 64, events=100),
    case("php random", "PHP, random users, 64 clients", "php", "event", 64),
    case("php hot", "PHP, one hot user, 64 clients", "php", "event", 64, 1),
    post(64, 1),
    case("bare hot", "bare loop, one hot user, 16 connections",
         "bare", "event", BARE_CONNECTIONS, 1),
    case("bare single", "bare loop, random users, 1 connection",
         "bare", "event", 1),
    post(1, USERS),
    case("null get", "null handler, GET, 64 clients", "null", "user", 64),
    case("get user", "GET of a user, 64 clients", "palmares", "user", 64),
    case("get points", "GET of points, 64 clients", "palmares", "points", 64),
    case("null post", "null handler, POST, 64 clients", "null", "event", 64),
    case("post random 64 ids",
         "event with an id of its own, random users, 64 clients, 1 rule",
         "palmares", "event with id", 64),
    # 64 clients would send more at once than palmaresd's queue takes.
    case("batch 1000", "batches of 1,000, random users, 8 clients, 1 rule",
         "palmares", "batch", 8, events=1000),
    post(1, 1),
    post(16, USERS),
    post(16, 1),
    post(256, USERS),
    post(256, 1),
    post(64, USERS, 10),
    post(64, USERS, 10, rich=True),
    post(64, 1, 10, rich=True),
    post(64, 1, 10),
    post(64, USERS, 100),
    post(64, 1, 100),
)

# A figure of a case, as it stands to a figure of another one, or by itself (to:
# None); at_least: else it is to be at most the limit.
Goal = collections.namedtuple(
    "Goal", "title case figure to to_figure at_least limit")

GOALS = (
    Goal("random users against the bare loop",
         "post random 64", "rate", "bare random", "rate", True, 2),
    Goal("one hot user against the bare loop",
         "post hot 64", "rate", "bare hot", "rate", True, 6),
    Goal("batches of 100 against the bare loop",
         "batch 100", "rate", "bare random", "rate", True, 10),
    Goal("random users against PHP",
         "post random 64", "rate", "php random", "rate", True, 8),
    Goal("one hot user against PHP",
         "post hot 64", "rate", "php hot", "rate", True, 8),
    Goal("batches of 100 against PHP",
         "batch 100", "rate", "php random", "rate", True, 8),
    Goal("one client's median latency against one bare transaction",
         "post random 1", "p50", "bare single", "p50", False, 1.3),
    Goal("random users, 99th percentile against the median",
         "post random 64", "p99", "post random 64", "p50", False, 4),
    Goal("one hot user, 99th percentile against the median",
         "post hot 64", "p99", "post hot 64", "p50", False, 4),
    Goal("GET of a user against the null handler",
         "get user", "rate", "null get", "rate", True, 0.5),
    Goal("GET of points against the null handler",
         "get points", "rate", "null get", "rate", True, 0.5),
    Goal("10 rules with conditions and caps or streaks against 10 plain ones,"
         " random users", "post random 64 rules 10 rich", "rate",
         "post random 64 rules 10", "rate", True, 0.8),
    Goal("10 rules with conditions and caps or streaks against 10 plain ones,"
         " one hot user", "post hot 64 rules 10 rich", "rate",
         "post hot 64 rules 10", "rate", True, 0.8),
    Goal("MiB of a worker at most, 256 clients and random users",
         "post random 256", "peak_mib", None, None, False, 32),
    Goal("MiB of a worker at most, 256 clients and one hot user",
         "post hot 256", "peak_mib", None, None, False, 32),
)
