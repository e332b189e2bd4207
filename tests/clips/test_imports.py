import subprocess
import sys

HEAVY = ("PIL", "uharfbuzz", "av", "ffmpeg", "imageio_ffmpeg")


def test_a_server_that_renders_nothing_loads_nothing_heavy() -> None:
    asks = f"import sys, simulator.clips.studio; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
