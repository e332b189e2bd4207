"""What independent decoders make of a clip."""

import io
import subprocess
from dataclasses import dataclass

import av
import imageio_ffmpeg
from PIL import Image


@dataclass(frozen=True)
class Seen:
    """A clip as PyAV shows it."""

    width: int
    height: int
    frames: list[av.VideoFrame]
    samples: int
    video_s: float
    sound_s: float
    metadata: dict[str, str]


def seen(data: bytes) -> Seen:
    with av.open(io.BytesIO(data), "r") as container:
        video = container.streams.video[0]
        sound = container.streams.audio[0] if container.streams.audio else None
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.average_rate == 24
        pictures, samples = [], 0
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append(frame)
            else:
                assert isinstance(frame, av.AudioFrame)
                assert (frame.sample_rate, frame.layout.name) == (48000, "mono")
                samples += frame.samples
        return Seen(
            width=video.width,
            height=video.height,
            frames=pictures,
            samples=samples,
            video_s=seconds(video),
            sound_s=seconds(sound) if sound else 0.0,
            metadata=dict(container.metadata),
        )


def seconds(stream: av.VideoStream | av.AudioStream) -> float:
    assert stream.duration is not None
    assert stream.time_base is not None
    return float(stream.duration * stream.time_base)


def sums(data: bytes, decoder: str) -> list[str]:
    """A digest of every picture, from a decoder that stops at the first error."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "warning", "-xerror", "-err_detect", "explode"),
        *("-c:v", decoder, "-i", "pipe:0", "-map", "0:v", "-fps_mode", "passthrough"),
        *("-f", "framemd5", "pipe:1"),
    ]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.stderr == b"", done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    return [line.split(",")[-1].strip() for line in lines if not line.startswith("#")]


def plane(frame: av.VideoFrame, number: int) -> bytes:
    """One plane of a picture without the padding of its lines."""
    part = frame.planes[number]
    data, step = bytes(part), part.line_size
    return b"".join(data[y * step : y * step + part.width] for y in range(part.height))


def picture(frame: av.VideoFrame) -> Image.Image:
    """A decoded picture in RGB."""
    made: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return made
