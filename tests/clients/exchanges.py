"""What LiteLLM's proxy and the openai dialect are both asked: orders, forms and other calls."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

MODEL, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
ORDER: Mapping[str, Any] = {"model": MODEL, "prompt": "A paper boat"}
LINK = "https://example.com/a.png"
PICTURE = {"type": "image_url", "image_url": {"url": LINK}}


def orders() -> list[dict[str, Any]]:
    """Bodies of create calls, good ones and bad ones."""
    fields: list[dict[str, Any]] = [
        {},
        *({"seconds": one} for one in ("5", 5, 5.0, "5.0", "x", 5.5, 0, -1, "20", True, "", None)),
        *({"duration": one} for one in (6, -1, "6")),
        {"duration": 6, "seconds": "5"},
        {"duration": 6, "seconds": "6"},
        *(
            {"size": one}
            for one in ("1280x720", "1792x1024", "1000x1000", "720p", "16:9", 720, "", "0x1", None)
        ),
        {"model": FAST, "size": "1920x1080"},
        *({"resolution": one} for one in ("2k", "480P", 480)),
        {"ratio": "5:4"},
        {"ratio": "21:9", "resolution": "1080p"},
        {"aspect_ratio": "9:16"},
        {"size": "1280x720", "resolution": "480p"},
        {"seed": 7, "generate_audio": False},
        *({"seed": one} for one in ("7", True)),
        {"generate_audio": "false"},
        {"watermark": 1, "seed": 1.5},
        {"foo": 1, "bar": 2},
        {"foo": None},
        {"foo": 1, "drop_params": True},
        {"seconds": "x", "drop_params": True},
        {"n": 2},
        {"metadata": {"resolution": "480p"}},
        *({"user": one} for one in ("me", 7)),
        *({"extra_body": one} for one in ({"seed": 3, "resolution": "480p"}, {"foo": 3}, "x")),
        {"parameters": {"seed": 3}},
        *({name: [LINK]} for name in ("image", "images")),
        *({name: True} for name in ("draft", "return_last_frame")),
        {"frames": 29},
        *(
            {"input_reference": one}
            for one in (LINK, {"image_url": LINK}, {"file_id": "file-1"}, {}, [], ["x"], 7, "junk")
        ),
        {"input_reference": f"data:image/png;base64,{b64encode(b'no picture').decode()}"},
        {
            "frame_images": [
                {**PICTURE, "frame_type": "first_frame"},
                {**PICTURE, "frame_type": "last_frame"},
            ]
        },
        {"input_references": [PICTURE]},
        *(
            {"content": one}
            for one in (
                [{**PICTURE, "role": "reference_image"}],
                [{"type": "text", "text": "x"}],
                [{"type": "video_url", "video_url": {"url": LINK}, "role": "reference_video"}],
                "x",
            )
        ),
        *({"prompt": one} for one in ("", None, 7, ["x"])),
        *({"model": one} for one in ("nope", "", 7, None, f"volcengine/{MODEL}")),
        {"service_tier": "flex"},
        {"priority": 11},
        {"execution_expires_after": "x"},
        {"callback_url": "ftp://x"},
        {"tools": [{"type": "web_search"}]},
        {"safety_identifier": "x" * 65},
    ]
    short = [{"model": MODEL}, {"prompt": "A paper boat"}, {}]
    return [*({**ORDER, **one} for one in fields), *short]


FORMS: tuple[Mapping[str, str | bytes], ...] = (
    {},
    {"seconds": "5", "size": "1280x720"},
    {"input_reference": b"no picture"},
    {"input_reference": LINK},
    {"seed": "7"},
    {"generate_audio": "false"},
    {"foo": "1"},
    {"extra_body": '{"seed":3}'},
)
GHOST = (
    "video_"
    + b64encode(
        f"litellm:custom_llm_provider:volcengine;model_id:{MODEL};video_id:cgt-20260101000000-abcde".encode()
    ).decode()
)
CALLS = (
    ("DELETE", "/v1/videos/{id}"),
    ("HEAD", "/v1/videos/{id}"),
    ("PUT", "/v1/videos"),
    ("GET", "/v1/nope"),
    ("GET", "/v1/videos"),
    ("GET", "/v1/videos?custom_llm_provider=volcengine"),
    ("GET", "/v1/models"),
    ("GET", f"/v1/models/{MODEL}"),
    ("GET", "/v1/videos/video_nope"),
    ("GET", "/v1/videos/cgt-x/content"),
    ("GET", f"/v1/videos/{GHOST}"),
    ("GET", f"/v1/videos/{GHOST}/content"),
)
