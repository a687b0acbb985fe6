"""Palmarès as it is shipped, on a private stack: for measurements."""

from case import App
from stack import DB_NAME, Stack

EVENT_TYPE = "review"
RULES_OF_A_SCALE = 10
# What Debian's configuration of MariaDB changes, besides paths and logs.
DEBIAN = ["--character-set-server=utf8mb4",
          "--collation-server=utf8mb4_general_ci"]


def shipped_stack(builddir):
    """A stack with no setting but where things are; not started."""
    stack = Stack(builddir)
    stack.settings = {
        "server": {"socket": stack.socket, "socket_mode": "0660"},
        "database": {"socket": stack.db_socket, "user": "palmares",
                     "name": DB_NAME},
    }
    stack.db_options = list(DEBIAN)
    return stack


# They hold for each event; the cap is met by none, and the streak each day.
CONDITIONS = [{"property": "@time.hour", "operator": "between",
               "value": [0, 23]},
              {"not": {"property": "channel", "operator": "eq",
                       "value": "shop"}}]
CAP = {"limit": {"times": 10 ** 6, "per": "day"}}
STREAK = {"streak": {"unit": "day", "length": 1}, "repeat": True}


def new_application(stack, rules=1, rich=False):
    """An application with so many rules on an event type; its secret key.

    Each rule gives points with each event, and the first one a badge besides,
    to each user once. Rich ones have conditions, and a cap or a streak.
    """
    app = App(stack)
    for number in range(rules):
        more = dict(STREAK if number % 2 else CAP, conditions=CONDITIONS) \
            if rich else {}
        if number == 0:
            more["badge"] = "critic"
        app.rule(EVENT_TYPE, 1 if number else 10,
                 "scale%d" % (number // RULES_OF_A_SCALE), **more)
    return app.secret
