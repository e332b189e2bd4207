"""The official Ark SDK as its own example uses it: create, then get until the end."""

import sys
import time

from volcenginesdkarkruntime import Ark

ENDS = ("succeeded", "failed", "expired", "cancelled")


def main(base: str, key: str) -> str:
    tasks = Ark(base_url=f"{base}/ark/api/v3", api_key=key).content_generation.tasks
    content = [{"type": "text", "text": "A lantern"}]
    made = tasks.create(model="doubao-seedance-2-0-260128", content=content, resolution="480p")
    while True:
        task = tasks.get(task_id=made.id)
        if task.status in ENDS:
            return "clip" if task.content and task.content.video_url else str(task.status)
        time.sleep(0.2)


if __name__ == "__main__":
    try:
        word = main(*sys.argv[1:3])
    except Exception as error:
        word = type(error).__name__
    sys.stdout.write(f"{word}\n")
