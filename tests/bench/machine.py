"""What the figures were measured on: machine, programs, database."""

import os
import platform
import re
import subprocess

from sides import find_php_fpm
from stack import StackError, find_program

# What must hold for a commit to be durable, and what else bounds the figures.
DURABLE = {"innodb_flush_log_at_trx_commit": "1", "innodb_doublewrite": "1"}
SETTINGS = tuple(DURABLE) + (
    "log_bin", "innodb_buffer_pool_size", "innodb_log_file_size",
    "innodb_flush_method", "version")


def first_match(path, pattern):
    with open(path, encoding="utf-8") as f:
        found = re.search(pattern, f.read(), re.M)
    return found.group(1) if found else "unknown"


def facts():
    return {
        "processor": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_kib": int(first_match("/proc/meminfo", r"^MemTotal:\s*(\d+)")),
        "kernel": platform.release(),
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="(.*)"'),
    }


def version_of(*argv):
    """The first line of what a program says of itself, whatever its status
    and wherever it says it."""
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                       text=True)
    return (r.stdout + r.stderr).partition("\n")[0].strip()


def programs(php):
    """Their versions, PHP's where it takes part."""
    versions = {"nginx": version_of(find_program("nginx"), "-v"),
                "wrk": version_of(find_program("wrk"), "-v")}
    if php:
        versions["php-fpm"] = version_of(find_php_fpm(), "-v")
    return versions


def database(stack):
    """Settings of the database; StackError if it is not durable."""
    row = stack.sql("SELECT @@" + ", @@".join(SETTINGS), "mysql")[0]
    settings = dict(zip(SETTINGS, row))
    for name, value in DURABLE.items():
        if settings[name] != value:
            raise StackError("%s is %s" % (name, settings[name]))
    return settings


def filesystem(directory):
    """Of what kind it is; StackError where nothing is durable."""
    kind = subprocess.run(
        ["stat", "-f", "-c", "%T", directory], capture_output=True,
        text=True, check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise StackError("%s is %s, where nothing is durable; set TMPDIR"
                         % (directory, kind))
    return kind
