"""Videos and recordings (视频音频设置): where they go, how long they stay, who may play them."""

from __future__ import annotations

import re
from collections.abc import Callable

from wxapp.core.settings import Setting

GROUP = "视频音频"
MANY_ROLES = 500
"""Characters for names of roles, with blanks between."""
VIDEO_ENDINGS = ("mp4", "webm", "mov", "mkv")
RECORDING_ENDINGS = ("mp3", "m4a", "wav", "ogg", "amr")

_FOLDER = re.compile(r"[A-Za-z0-9_-]{3,}(/[A-Za-z0-9_-]+)*")
"""Two letters name the folders of other files that are kept."""
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def _folder(text: str) -> str:
    return "" if _FOLDER.fullmatch(text) else "只能用字母、数字、横线和下划线，第一级至少三个字符，例如 media/videos"


def _some_of(endings: tuple[str, ...]) -> Callable[[str], str]:
    return lambda text: "" if set(text.split()) <= set(endings) else f"只能从{'、'.join(endings)}中选择"


def _roles(text: str) -> str:
    return "" if all(_ROLE.fullmatch(name) for name in text.split()) else "应为角色的内部名称，用空格分开"


VIDEO_FOLDER = Setting(
    "media.video_folder", "视频存放文件夹", "videos", group=GROUP, max_length=100, is_required=True,
    help="在文件目录之下，只能用字母、数字、横线和下划线", check=_folder,
)  # fmt: skip
RECORDING_FOLDER = Setting(
    "media.recording_folder", "录音存放文件夹", "recordings", group=GROUP, max_length=100, is_required=True,
    help="在文件目录之下，只能用字母、数字、横线和下划线", check=_folder,
)  # fmt: skip
VIDEO_FORMATS = Setting(
    "media.video_formats", "视频格式", "mp4 webm", group=GROUP, max_length=60, is_required=True,
    help="用空格分开，可选 mp4 webm mov mkv", check=_some_of(VIDEO_ENDINGS),
)  # fmt: skip
RECORDING_FORMATS = Setting(
    "media.recording_formats", "录音格式", "mp3 m4a wav", group=GROUP, max_length=60, is_required=True,
    help="用空格分开，可选 mp3 m4a wav ogg amr", check=_some_of(RECORDING_ENDINGS),
)  # fmt: skip
VIDEO_MEGABYTES = Setting(
    "media.video_megabytes", "单个视频最大（MB）", 2048, "int", GROUP, minimum=1, maximum=20_480
)  # fmt: skip
RECORDING_MEGABYTES = Setting(
    "media.recording_megabytes", "单个录音最大（MB）", 100, "int", GROUP, minimum=1, maximum=2048
)  # fmt: skip
VIDEO_DAYS = Setting(
    "media.video_days", "视频保存天数", 365, "int", GROUP, "到期后自动删除；填0则一直保存", maximum=36_500
)
RECORDING_DAYS = Setting(
    "media.recording_days",
    "录音保存天数",
    365,
    "int",
    GROUP,
    "到期后自动删除；填0则一直保存",
    minimum=0,
    maximum=36_500,
)
PLAY_ROLES = Setting(
    "media.play_roles", "可以播放的角色", "super_admin consultant aftercare aftercare_lead", group=GROUP,
    help="角色的内部名称，用空格分开；请在“医院配置”的“视频音频设置”中勾选", max_length=MANY_ROLES, check=_roles,
)  # fmt: skip
DOWNLOAD_ROLES = Setting(
    "media.download_roles", "可以下载的角色", "super_admin", group=GROUP,
    help="角色的内部名称，用空格分开；请在“医院配置”的“视频音频设置”中勾选", max_length=MANY_ROLES, check=_roles,
)  # fmt: skip
WATERMARK = Setting("media.watermark", "播放时加水印", True, "bool", GROUP, "画面上显示观看人的姓名和时间")
CONSENT_TEXT = Setting(
    "media.consent_text",
    "录制同意书",
    "为保证咨询质量并保护双方权益，本次咨询将录音录像，只供医疗和服务使用，由专人保管，到期自动删除。您可以随时要求停止录制。",
    "long_text",
    GROUP,
    "录制前请客户阅读并同意",
    max_length=2000,
    is_required=True,
)

MEDIA: tuple[Setting[str] | Setting[int] | Setting[bool], ...] = (
    VIDEO_FOLDER,
    RECORDING_FOLDER,
    VIDEO_FORMATS,
    RECORDING_FORMATS,
    VIDEO_MEGABYTES,
    RECORDING_MEGABYTES,
    VIDEO_DAYS,
    RECORDING_DAYS,
    PLAY_ROLES,
    DOWNLOAD_ROLES,
    WATERMARK,
    CONSENT_TEXT,
)
"""In the order of the page."""
