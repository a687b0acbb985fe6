"""A database server beside the shared stack's: another machine's, as it were."""

import os
import subprocess

from stack import Stack, StackError, free_port

PASSWORD = 'a"b\'c#d\\e;f [g]=%'     # what files of options could stumble over


class Certificates:
    """An authority and a certificate for 127.0.0.1, made by openssl."""

    def __init__(self, directory):
        self.directory = directory
        self._openssl("req", "-x509", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=Palmares test authority")
        self._openssl("req", "-x509", "-keyout", "other.key", "-out",
                      "other.pem", "-subj", "/CN=Another authority")
        self._openssl("req", "-x509", "-keyout", "server.key", "-out",
                      "server.pem", "-subj", "/CN=127.0.0.1", "-CA", "ca.pem",
                      "-CAkey", "ca.key", "-addext",
                      "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1",
                      "-addext", "basicConstraints=critical,CA:FALSE")

    def path(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, *arguments):
        r = subprocess.run(
            ["openssl", *arguments, "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
            cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True,
            text=True)
        if r.returncode != 0:
            raise StackError("openssl: " + r.stderr)

    @property
    def server_options(self):
        return ["--ssl-cert=" + self.path("server.pem"),
                "--ssl-key=" + self.path("server.key")]


class RemoteStack(Stack):
    """A server that is reached by TCP alone as far as palmaresctl knows."""

    def __init__(self, builddir, keep=False, tls=True, name="elsewhere"):
        super().__init__(builddir, keep)
        self.certificates = Certificates(self.dir)
        self.tcp_port = free_port()
        # A provider may have set what nobody expects.
        self.db_options = ["--group-concat-max-len=64",
                           "--skip-networking=0", "--bind-address=127.0.0.1",
                           "--port=%d" % self.tcp_port]
        # From 11.4 on a server makes itself a certificate, unless told not to.
        self.db_options += (self.certificates.server_options if tls
                            else ["--skip-ssl"])
        self.settings["database"] = {
            "host": "127.0.0.1", "port": self.tcp_port, "user": "palmares",
            "password": PASSWORD, "name": name}

    def start_server(self):
        super().start_server("palmares@'%%' IDENTIFIED BY '%s'" %
                             PASSWORD.replace("\\", "\\\\")
                             .replace("'", "\\'"))

    def new_database(self):
        """An empty database in the place of the one that was there."""
        name = self.settings["database"]["name"]
        self.sql("DROP DATABASE %s; CREATE DATABASE %s" % (name, name),
                 database="mysql")

    def tables(self):
        """The names of all tables."""
        return [row[0] for row in self.sql("SHOW TABLES")]

    def set(self, **changes):
        """Other settings of the section database."""
        self.settings["database"].update(changes)
        self.write_conf()
