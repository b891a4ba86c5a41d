"""Ctrl-C while a bar is drawn, in a terminal of its own."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress

import pytest

WRITES = range(1, 9)
INTERRUPTED_AT_A_WRITE = """
import os, signal, sys, time
from wordcount.output import Screen

class Interrupting:
    def __init__(self, left):
        self.left = left

    def write(self, text):
        sys.__stderr__.write(text)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)

    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)

sys.stderr = Interrupting({write})
screen = Screen()
try:
    with screen.progress("at work", 1):
        time.sleep(60)
except KeyboardInterrupt:
    screen.say("stopped")
    screen.say("for now")
"""
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def shown_in_terminal(program: str) -> str:
    """What the program shows, without control codes."""
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        with suppress(OSError):  # its end
            while piece := os.read(ours, 65_536):
                shown += piece
    os.close(ours)
    return CONTROL.sub("", shown.decode())


@pytest.mark.parametrize("write", WRITES)
def test_whenever_it_comes_what_is_said_then_stands_below_the_bar(write: int) -> None:
    shown = shown_in_terminal(INTERRUPTED_AT_A_WRITE.format(write=write))
    assert re.search(r"0/1 \d:\d\d:\d\d  \nstopped\nfor now\n\Z", shown)
