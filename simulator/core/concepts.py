"""What people call the settings of an order, whichever dialect they have in mind.

The names were collected from public clients and issues of 2026.
"""

from collections.abc import Mapping
from typing import Any

# What people call a thing. Where a name stands for two, the first that the dialect has counts.
CONCEPTS: Mapping[str, tuple[str, ...]] = {
    "resolution": ("resolution", "quality", "video_resolution", "size"),
    "ratio": ("ratio", "aspect_ratio", "aspectRatio", "size"),
    "length": ("duration", "seconds", "duration_seconds", "video_length", "length"),
    "frames": ("frames", "num_frames"),
    "frame rate": ("fps", "framespersecond", "frame_rate"),
    "prompt": ("prompt", "text", "input", "messages", "content"),
    "first frame": (
        "image",
        "image_url",
        "first_frame",
        "first_frame_url",
        "start_image",
        "init_image",
        "input_reference",
    ),
    "last frame": ("last_image", "last_frame", "end_image", "tail_image", "image_end"),
    "reference images": ("images", "image_urls", "reference_images", "references"),
    "reference video": ("video", "video_url", "video_urls", "videos", "reference_video_urls"),
    "reference audio": ("audio", "audio_url", "audio_urls", "audios", "reference_audio"),
    "sound": ("generate_audio", "sound", "with_audio", "enable_audio", "audio"),
    "seed": ("seed",),
    "watermark": ("watermark", "logo", "add_watermark"),
    "fixed camera": ("camera_fixed", "camerafixed", "fixed_lens", "camera_control"),
    "last frame of the clip": ("return_last_frame",),
    "callback": ("callback_url", "webhook", "webhook_url", "notify_url", "callbackUrl"),
    "kind of task": (
        "operation",
        "task_type",
        "omni_reference_task_type",
        "mode",
        "generation_type",
    ),
    "web search": ("web_search", "tools", "enable_search"),
    "content filter": (
        "content_filter",
        "safety_checker",
        "enable_safety_checker",
        "nsfw_checker",
    ),
    "container": ("output_format", "format", "file_format", "container", "codec"),
    "retry key": ("idempotency_key", "client_request_id"),
    "number of clips": ("n", "num_videos", "batch_size"),
    "negative prompt": ("negative_prompt",),
    "draft": ("draft",),
    "tier": ("service_tier",),
    "guidance": (
        "cfg_scale",
        "guidance_scale",
        "steps",
        "style",
        "motion",
        "enhance_prompt",
        "prompt_extend",
        "optimize_prompt",
        "reasoning_effort",
    ),
    "mesh": ("subdivision_level",),
    "face mode": ("human_face_mode",),
}
# What is said of things that no dialect has.
NOWHERE: Mapping[str, str] = {
    "frame rate": "clips have 24 frames a second",
    "number of clips": "an order is one clip",
    "negative prompt": "what to avoid can only be said in the prompt",
    "guidance": "the model has no such setting",
    "mesh": "it is of models that make 3D objects",
    "face mode": "no page says what it does for videos",
}
# The value with which a field asks for what it gets anyway. None and what is empty always do.
NEUTRAL: Mapping[str, Any] = {
    "watermark": False,
    "fixed camera": False,
    "last frame of the clip": False,
    "sound": True,
    "seed": -1,
    "web search": False,
    "draft": False,
    "tier": "default",
    "container": "mp4",
    "kind of task": "auto",
    "number of clips": 1,
    "frame rate": 24,
}
# What clients send of their own accord, and what has no bearing on the clip.
HARMLESS = frozenset(
    {"user", "stream", "metadata_version", "client_metadata", "safety_identifier", "detail"}
)
# Free notes of a client, in OpenAI's manner, unless something in it is a setting.
NOTES = "metadata"
