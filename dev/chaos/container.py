"""One service of a stack in containers: its container can be killed, paused, stopped and started again at will."""

import subprocess

from dev.chaos.engine import docker

STOP_SECONDS = 60
# The main process is the only child of Docker's init, its children are the pool's.
_MAIN = "main=$(cat /proc/1/task/1/children)"
_KILL_MAIN = f"{_MAIN}; kill -9 $main"
_KILL_CHILD = f'{_MAIN}; set -- $(cat /proc/${{main% }}/task/*/children); shift $(("$0" % $#)); kill -9 "$1"'


class Container:
    """`container` is its id, or its name."""

    def __init__(self, name: str, container: str) -> None:
        self.name = name
        self.container = container
        self._restarts = 0  # those that Docker makes after `kill_main`

    def start(self) -> None:
        """Start it, unless Docker has done so."""
        docker("start", self.container)

    def kill(self) -> None:
        """`kill -9` of the whole container."""
        docker("kill", self.container)

    def kill_main(self) -> None:
        """`kill -9` of the main process, from within; Docker starts the container again."""
        self._restarts += 1
        self._inside(_KILL_MAIN)

    def died_by_itself(self) -> bool:
        """Whether Docker started it again more often than we made it; each such death is told once."""
        restarts = int(docker("inspect", "--format", "{{.RestartCount}}", self.container))
        died = restarts > self._restarts
        self._restarts = max(restarts, self._restarts)
        return died

    def kill_child(self, number: int) -> None:
        """`kill -9` of one child, whose number counts round and round."""
        self._inside(_KILL_CHILD, str(number))

    def stop(self) -> None:
        """Tell it to stop, and wait for its end."""
        docker("stop", "--time", str(STOP_SECONDS), self.container)

    def pause(self) -> None:
        """It is there, and does nothing."""
        docker("pause", self.container)

    def resume(self) -> None:
        """It goes on."""
        docker("unpause", self.container)

    def _inside(self, script: str, *arguments: str) -> None:
        # Without a look at the exit code: a container whose main process dies takes this command with it.
        command = ["docker", "exec", self.container, "bash", "-c", script, *arguments]
        subprocess.run(command, check=False, capture_output=True, timeout=STOP_SECONDS)
