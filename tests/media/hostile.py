"""Files that try to make a prober fetch, open, allocate or wait, built byte by byte."""

import random
import struct
import zlib

CANARY = "canary.txt"


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def ftyp(brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand, bytes(4), brand)


def stbl(
    width: int = 64, height: int = 48, frames: int = 120, stts_rows: int = 1, stsz_rows: int = 120
) -> bytes:
    entry = bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HH", width, height) + bytes(50)
    return box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"avc1", entry)),
        box(b"stts", bytes(4), struct.pack(">III", stts_rows, frames, 512)),
        box(b"stsz", bytes(8), struct.pack(">I", stsz_rows), bytes(4 * frames)),
    )


def trak(
    table: bytes, side: int = 64, ticks: int = 120 * 512, inner: bytes = b"", tail: bytes = b""
) -> bytes:
    tkhd = bytes(12) + struct.pack(">I", 1) + bytes(60) + struct.pack(">II", side << 16, 48 << 16)
    return box(
        b"trak",
        box(b"tkhd", tkhd),
        box(
            b"mdia",
            box(b"mdhd", bytes(12), struct.pack(">II", 12288, ticks), bytes(4)),
            box(b"hdlr", bytes(8), b"vide", bytes(13)),
            box(b"minf", inner, table),
        ),
        tail,
    )


def moov(*traks: bytes, duration: int = 5000) -> bytes:
    return box(b"moov", box(b"mvhd", bytes(12), struct.pack(">II", 1000, duration)), *traks)


def open_mdat() -> bytes:
    """A box that goes on to the end of its file."""
    return bytes(4) + b"mdat" + bytes(32)


def mp4(*boxes: bytes) -> bytes:
    return ftyp() + b"".join(boxes) + box(b"mdat", bytes(64))


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int) -> bytes:
    """The signature and the header, and nothing else."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)


PNG_END = chunk(b"IDAT") + chunk(b"IEND")
JPEG_HEAD = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x40\0\x40\1\1\x11\0"


def tiff(count: int, at: int) -> bytes:
    """A picture of 64 by 64 pixels in so many strips, whose tables begin at a place."""
    rows = ((256, 64, 1), (257, 64, 1), (273, at, count), (279, at, count))
    entries = (struct.pack("<HHII", tag, 4, number, value) for tag, value, number in rows)
    return b"II*\0\x08\0\0\0\x04\0" + b"".join(entries) + bytes(4)


def wav(stated: int, length: int) -> bytes:
    layout = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    data = b"data" + struct.pack("<I", stated) + bytes(length)
    return (
        b"RIFF"
        + struct.pack("<I", 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + layout
        + data
    )


def fragmented(fragments: int, samples: int) -> bytes:
    """Fragments of as many tracks, each with a table of sample durations."""
    table = box(b"trun", struct.pack(">II", 0x100, samples), bytes(4 * samples))
    trafs = (
        box(b"traf", box(b"tfhd", struct.pack(">II", 0, number)), table)
        for number in range(fragments)
    )
    return (
        ftyp()
        + moov(trak(stbl()), box(b"mvex"))
        + b"".join(box(b"moof", one) for one in trafs)
        + box(b"mdat")
    )


def edited(edits: int) -> bytes:
    rows = struct.pack(">IiI", 1, 0, 1 << 16) * edits
    return box(b"edts", box(b"elst", bytes(4), struct.pack(">I", edits), rows))


def nested(depth: int, name: bytes) -> bytes:
    sizes = range(8 * depth, 0, -8)
    return b"".join(struct.pack(">I4s", size, name) for size in sizes)


def external_dref() -> bytes:
    url = box(b"url ", bytes(4), b"http://127.0.0.1:9/segment.mp4\0")
    return box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), url))


def refused(url: str, directory: str) -> dict[str, bytes]:
    """Files that hold nothing a reference may be; ``url`` and ``directory`` are the baits."""
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"
    noise = random.Random(7)
    mpd = '<?xml version="1.0"?><MPD type="static"><BaseURL>{}</BaseURL></MPD>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}"/></svg>'
    texts = {
        "HLS over http": hls.format(f"{url}/segment.ts"),
        "HLS over file": hls.format(f"file://{directory}/{CANARY}"),
        "ffconcat sibling": f"ffconcat version 1.0\nfile {CANARY}\n",
        "ffconcat absolute": f"ffconcat version 1.0\nfile {directory}/{CANARY}\n",
        "ffconcat http": f"ffconcat version 1.0\nfile {url}/clip.mp4\n",
        "SDP": "v=0\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "DASH": mpd.format(url),
        "SVG": svg.format(f"{url}/pixel.png"),
        "prose": "Once there was a file that was no picture at all.\n" * 40,
        "prose in BM": "BMW and other words that begin like a bitmap do. " * 4,
        "prose in RIFF": "RIFFraff and other words, at some length, to no end. ",
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "nothing": b"",
        "random 1 kB": noise.randbytes(1_000),
        "random 4 MB": noise.randbytes(4_000_000),
        "zeros 4 MB": bytes(4_000_000),
        "ones 4 MB": b"\xff" * 4_000_000,
        "cut moov": mp4(moov(trak(stbl())))[:300],
        "no moov": ftyp() + box(b"mdat", bytes(1000)),
        "huge moov": ftyp() + box(b"moov", bytes(17 * 1024 * 1024)),
        "stsd 65534x65534": mp4(moov(trak(stbl(65534, 65534)))),
        "tkhd 65534": mp4(moov(trak(stbl(), side=65534))),
        "PNG 2^31": png(1 << 31, 1 << 31) + PNG_END,
        "PNG 30000": png(30_000, 30_000) + PNG_END,
        "PNG of 33 bytes": png(64, 64),
        "PNG without data": png(64, 64) + chunk(b"IEND"),
        "PNG without end": png(64, 64) + chunk(b"IDAT", bytes(100)),
        "PNG of chunks": png(64, 64) + chunk(b"teXt") * 300_000,
        "JPEG without end": JPEG_HEAD + b"\xff" * 4_000_000,
        "TIFF of 2^32-1 strips": tiff(0xFFFFFFFF, 62),
        "TIFF of strips far away": tiff(1000, 0xFFFFFFF0),
        "TIFF with a strip far away": tiff(1, 0xFFFFFFF0),
        "mdat cut in half": mp4(moov(trak(stbl())))[:-32],
        "stsz 2^32-1": mp4(moov(trak(stbl(stsz_rows=0xFFFFFFFF)))),
        "stts 2^32-1": mp4(moov(trak(stbl(stts_rows=0xFFFFFFFF)))),
        "mdhd 2^32-1": mp4(moov(trak(stbl(), ticks=0xFFFFFFFF))),
        "mdhd 2 days": mp4(moov(trak(stbl(), ticks=2 * 86_400 * 12288))),
        "33 tracks": mp4(moov(*[trak(stbl()) for _ in range(33)])),
        "20,000 nested moov": mp4(nested(20_000, b"moov")),
        "20,000 nested mdia": mp4(box(b"moov", box(b"trak", nested(20_000, b"mdia")))),
        "20,000 boxes": ftyp() + box(b"free") * 20_000,
        "fragments of 20 M samples": fragmented(200, 99_999),
        "fragment of 2^32-1 samples": fragmented(1, 0).replace(
            b"\1\0\0\0\0\0", b"\1\0\xff\xff\xff\xff"
        ),
        "32 x 10,000 edits": mp4(moov(*[trak(stbl(), tail=edited(10_000)) for _ in range(32)])),
        "MP3 headers everywhere": b"ID3\4\0\0\0\0\0\0" + b"\xff\xfb\x90\x04" * 100_000,
        "ID3 of 256 MB": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(1000),
        "TIFF without end": b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * 65_535),
        "JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 4_000_000,
        "JPEG of markers": b"\xff\xd8\xff" + b"\x01\xff" * 2_000_000,
        "WAV of chunks": b"RIFF\0\0\0\0WAVE" + (b"junk" + bytes(4)) * 20_000,
    }


def measured() -> dict[str, tuple[bytes, int]]:
    """Files that lie in a place that does not count, with the milliseconds they last."""
    return {
        "mvhd 2^32-1": (mp4(moov(trak(stbl()), duration=0xFFFFFFFF)), 5000),
        "external dref": (mp4(moov(trak(stbl(), inner=external_dref()))), 5000),
        "mdat up to the end": (mp4(moov(trak(stbl())))[:-72] + open_mdat(), 5000),
        "WAV of 4 GiB": (wav(0xFFFFFFFF, 16_000), 1000),
        "WAV of 2 GiB": (wav(0x7FFFF000, 16_000), 1000),
        "WAV of 0 bytes": (wav(0, 16_000), 1000),
    }
