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


def new_application(stack, rules=1):
    """An application with so many rules on an event type; its secret key.

    Each rule gives points with each event, and the first one a badge besides,
    to each user once.
    """
    app = App(stack)
    app.rule(EVENT_TYPE, 10, "scale0", badge="critic")
    for number in range(1, rules):
        app.rule(EVENT_TYPE, 1, "scale%d" % (number // RULES_OF_A_SCALE))
    return app.secret
