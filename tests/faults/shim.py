"""The file that palmaresd's processes map when they run with libshim.so."""

import mmap
import os
import struct


class Shim:
    """Its two numbers, and what palmaresd needs in its environment."""

    SIZE = 16

    def __init__(self, builddir, path):
        self.library = os.path.abspath(
            os.path.join(builddir, "tests", "faults", "libshim.so"))
        if not os.path.exists(self.library):
            raise FileNotFoundError("%s: make check-faults builds it"
                                    % self.library)
        self.path = path
        with open(path, "w+b") as f:
            f.truncate(self.SIZE)
            self.memory = mmap.mmap(f.fileno(), self.SIZE)

    def environment(self):
        asan = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": self.library, "PALMARES_SHIM": self.path,
                "ASAN_OPTIONS": asan + ":verify_asan_link_order=0"}

    def set_clock(self, seconds):
        """Seconds that the clock goes ahead."""
        struct.pack_into("<q", self.memory, 0, seconds)

    def set_countdown(self, count):
        """The allocation of that number, from now on, fails; 0: none."""
        struct.pack_into("<q", self.memory, 8, count)

    def countdown(self):
        return struct.unpack_from("<q", self.memory, 8)[0]
