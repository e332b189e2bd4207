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


def mp4(*boxes: bytes) -> bytes:
    return ftyp() + b"".join(boxes) + box(b"mdat", bytes(64))


def png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk


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
    return ftyp() + moov(trak(stbl()), box(b"mvex")) + b"".join(box(b"moof", one) for one in trafs)


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
        "PNG 2^31": png(1 << 31, 1 << 31),
        "PNG 30000": png(30_000, 30_000),
        "stsz 2^32-1": mp4(moov(trak(stbl(stsz_rows=0xFFFFFFFF)))),
        "stts 2^32-1": mp4(moov(trak(stbl(stts_rows=0xFFFFFFFF)))),
        "mdhd 2^32-1": mp4(moov(trak(stbl(), ticks=0xFFFFFFFF))),
        "mdhd 2 days": mp4(moov(trak(stbl(), ticks=2 * 86_400 * 12288))),
        "33 tracks": mp4(moov(*[trak(stbl()) for _ in range(33)])),
        "20,000 nested moov": ftyp() + nested(20_000, b"moov"),
        "20,000 nested mdia": ftyp() + box(b"moov", box(b"trak", nested(20_000, b"mdia"))),
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
        "mdat cut in half": (mp4(moov(trak(stbl())))[:-32], 5000),
        "WAV of 4 GiB": (wav(0xFFFFFFFF, 16_000), 1000),
    }
