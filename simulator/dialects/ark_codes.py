"""What Ark's models and reviews find wrong with an order: at once, or with the task later.

Volcengine documentation 82379/1099476 (error codes) and live failures, autumn 2026; the text of
``TaskTypeMismatch`` was never captured and is ours.
"""

from collections.abc import Mapping

FAILURES: Mapping[str, str] = {
    "OutputVideoSensitiveContentDetected": "The request failed because the output video may "
    "contain sensitive information.",
    "OutputVideoSensitiveContentDetected.PolicyViolation": "The request failed because the output "
    "video may be related to copyright restrictions.",
    "OutputAudioSensitiveContentDetected": "The request failed because the output audio may "
    "contain sensitive information.",
    "OutputAudioSensitiveContentDetected.PolicyViolation": "The request failed because the output "
    "audio may be related to copyright restrictions.",
    "InvalidParameter.TaskTypeConstraint": "The parameter `duration` specified in the request is "
    "not valid. Seedance identified your task as video editing based on your prompt. For this task "
    "type, the output ratio and duration follow the input video selected by the model for editing, "
    "and the video selected must satisfy the duration requirement of 4 to 30 seconds. Issues: [0] "
    "`duration` must be -1.",
    "InvalidParameter.TaskTypeMismatch": "The task type inferred from the prompt does not match "
    "omni_reference_task_type.",
    "InternalServiceError": "The service encountered an unexpected internal error.",
}

# What an order is refused for when it is given. ``{item}`` is the part of the request that is to
# blame, in quotes, where it is known.
_SENSITIVE = (
    "The request failed because the input {media}{{item}} may contain sensitive information."
)
_POLICY = "The request failed because the input {media}{{item}} may violate platform rules."
_PERSON = "The request failed because the input {media}{{item}} may contain real person."
_MEDIA = ("text", "image", "video", "audio")
REFUSALS: Mapping[str, str] = {
    **{
        f"Input{media.title()}SensitiveContentDetected{suffix}": text.format(media=media)
        for suffix, text in (("", _SENSITIVE), (".PolicyViolation", _POLICY))
        for media in _MEDIA
    },
    **{
        f"Input{media.title()}SensitiveContentDetected.PrivacyInformation": _PERSON.format(
            media=media
        )
        for media in ("image", "video")
    },
    "InvalidParameter.TaskTypeConstraint": FAILURES["InvalidParameter.TaskTypeConstraint"],
}
