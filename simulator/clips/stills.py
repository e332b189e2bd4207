"""Single pictures out of a clip."""

import io


def last_picture(clip: bytes) -> bytes:
    """The last decoded picture of an MP4, as a PNG."""
    import av
    from PIL import Image

    with av.open(io.BytesIO(clip), "r", format="mp4") as container:
        frames = list(container.decode(video=0))
    colours = frames[-1].reformat(format="rgb24")
    plane = colours.planes[0]
    size = (colours.width, colours.height)
    picture = Image.frombuffer("RGB", size, bytes(plane), "raw", "RGB", plane.line_size, 1)
    made = io.BytesIO()
    picture.save(made, "PNG", compress_level=1)
    return made.getvalue()
