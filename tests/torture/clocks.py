"""A wrong wall clock for one process, from outside: a small library that is loaded before the C library's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

SOURCE: Final = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long skew(void) { const char *text = getenv("SKEW_SECONDS"); return text ? atol(text) : 0; }

int clock_gettime(clockid_t which, struct timespec *out) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(which, out);
    if (result == 0 && which == CLOCK_REALTIME) out->tv_sec += skew();
    return result;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *out, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""
"""Only the wall clock is wrong: what counts the time since the machine started is not anybody's to set."""


class NoCompiler(Exception):
    """There is no C compiler on this machine."""


def skewed_clock(folder: Path) -> str:
    """Build it; gives the value for LD_PRELOAD, which reads SKEW_SECONDS.

    Raises:
        NoCompiler: it cannot be built here.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return str(library)
