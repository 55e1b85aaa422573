"""What `postd doctor` can say of the reader of videos: which it is, whether it runs confined, and what confines it."""

from __future__ import annotations

from app.cli.finding import Finding
from app.kernel.settings import Settings
from app.services.files import ffprobe, jail

_NAME = "videos"


async def of_videos(settings: Settings) -> Finding:
    """Start ffprobe as it is started over a video: one that cannot run confined would refuse every video."""
    program = ffprobe.found(settings.ffprobe)
    if program is None:
        evidence = "looked into by our own reader; with ffprobe (POSTD_FFPROBE) damage inside of them is found, too"
        return Finding(_NAME, ok=True, evidence=evidence)
    try:
        await jail.run(program, ["-version"])
    except jail.JailFailed as failure:
        remedy = "Install ffprobe below /usr or /opt with its libraries, or set POSTD_FFPROBE to nothing."
        return Finding(_NAME, ok=False, evidence=f"{program} {failure} when it is run confined", remedy=remedy)
    except jail.NoProgram:
        evidence = f"looked into by our own reader: {program} cannot be confined on this machine"
        return Finding(_NAME, ok=True, evidence=evidence)
    evidence = f"looked into by {program}"
    if not jail.hides_files():
        evidence += "; this kernel has no Landlock, so a video that takes it over can read what this user can read"
    return Finding(_NAME, ok=True, evidence=evidence)
