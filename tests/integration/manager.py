"""A service manager as systemd is one, for one palmaresd: it owns the socket,
hears what is told (sd_notify), and keeps descriptors between two processes."""

import array
import os
import re
import signal
import socket
import sys
import threading
import time

from stack import Program, wait_until

# Puts the descriptors of its arguments in their places, as for sd_listen_fds.
START = """
import fcntl, os, sys
fds = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 100) for n in sys.argv[1].split(",")]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
os.closerange(3 + len(fds), 4096)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Message(dict):
    """NAME=value lines, and when they came."""

    def __init__(self, text):
        super().__init__(line.split("=", 1) for line in text.splitlines())
        self.time = time.monotonic()


class ServiceManager:
    """Owns the listening socket of path, and starts and stops palmaresd."""

    def __init__(self, stack, path, conf, watchdog=None):
        self.stack = stack
        self.conf = conf
        self.watchdog = watchdog    # seconds
        self.log = path + ".log"
        self.messages = []
        self.kept = []
        self.kept_ever = 0
        self.daemon = None
        self.awake = threading.Event()  # else it reads nothing
        self.awake.set()
        self.delay = 0                  # seconds before each message
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4096)
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(path + ".notify")
        self.thread = threading.Thread(target=self._hear, daemon=True)
        self.thread.start()

    def _hear(self):
        while True:
            self.awake.wait()
            time.sleep(self.delay)
            text, control, _, _ = self.ear.recvmsg(
                4096, socket.CMSG_SPACE(253 * 4))
            if not text:
                return
            fds = array.array("i")
            for _, _, data in control:
                fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
            message = Message(text.decode())
            if "FDSTORE" in message:
                self.kept_ever += len(fds)
                self.kept += fds
            else:       # BARRIER: it closes what nobody is to keep
                for fd in fds:
                    os.close(fd)
            if "FDSTOREREMOVE" in message:
                self._close_kept()
            self.messages.append(message)

    def _close_kept(self):
        kept, self.kept = self.kept, []
        for fd in kept:
            os.close(fd)

    def start(self, ready=True):
        env = dict(os.environ, NOTIFY_SOCKET=self.ear.getsockname())
        if self.watchdog:
            env["WATCHDOG_USEC"] = str(int(self.watchdog * 1000000))
        fds = [self.listener.fileno()] + self.kept
        for fd in fds:
            os.set_inheritable(fd, True)
        position = len(self.messages)
        self.daemon = Program("palmaresd", [
            sys.executable, "-c", START, ",".join(map(str, fds)),
            self.stack.program("palmaresd"), "-c", self.conf],
            self.log, env=env, pass_fds=fds)
        if ready:
            self.wait_for(position, READY="1")

    def stop(self):
        return self.daemon.stop()

    def restart(self):
        status = self.stop()
        self.start()
        return status

    def fill(self):
        """Leave no room for a message, until it reads some."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            try:
                while True:
                    s.sendto(b"NOISE=1", self.ear.getsockname())
            except BlockingIOError:
                pass

    def find(self, since=0, **wanted):
        """The first message that has these values (regular expressions)."""
        for message in self.messages[since:]:
            if all(re.fullmatch(value, message.get(name, ""))
                   for name, value in wanted.items()):
                return message
        return None

    def wait_for(self, since=0, seconds=20, **wanted):
        def told():
            self.daemon.must_live()
            return self.find(since, **wanted)
        return wait_until(told, seconds, "the message %r; there are %r" % (
            wanted, self.messages[since:]))

    def logged(self, pattern):
        with open(self.log, encoding="utf-8") as f:
            return re.findall(pattern, f.read())

    def close(self):
        if self.daemon is not None:
            self.daemon.send(signal.SIGCONT)
            self.daemon.kill()
        self.awake.set()
        self.delay = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.ear.getsockname())
        self.thread.join()
        self._close_kept()
        for s in (self.listener, self.ear):
            path = s.getsockname()
            s.close()
            os.unlink(path)
