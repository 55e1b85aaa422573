from __future__ import annotations

import io
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from app.services.files import images
from app.services.files.image_fitting import Fitted, fit
from app.services.files.images import ImageRefused, Probe, probe
from connectors.framing import fitted as fitted_size
from connectors.framing import takes
from connectors.image_rules import ImageRules

JPEG, PNG, WEBP, GIF = "image/jpeg", "image/png", "image/webp", "image/gif"
RULES = ImageRules(max_bytes=1_000_000, max_side=2000, types=(JPEG, PNG, WEBP))


def picture(width: int = 60, height: int = 40, mode: str = "RGB", colour: Any = "red") -> Image.Image:
    return Image.new(mode, (width, height), colour)


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def shown(fitted: Fitted) -> Image.Image:
    image = Image.open(io.BytesIO(fitted.data))
    assert Image.MIME[str(image.format)] == fitted.mime
    assert image.size == (fitted.width, fitted.height)
    return image


def turned_and_placed() -> bytes:
    """A JPEG, lying on its side, that tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "c4n4ry-maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    image = picture()
    image.paste("blue", (0, 0, 30, 40))  # the left half
    return saved(image, "JPEG", exif=exif, comment=b"c4n4ry-comment", quality=95)


# --------------------------------------------------------------------------------------------------- probe


@pytest.mark.parametrize(
    ("kind", "mime"), [("JPEG", JPEG), ("PNG", PNG), ("WEBP", WEBP), ("GIF", GIF), ("AVIF", "image/avif")]
)
def test_a_kind_is_found_by_its_bytes(kind: str, mime: str) -> None:
    assert probe(saved(picture(), kind)) == Probe(mime, 60, 40, animated=False, clean=mime != "image/avif")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_seen(kind: str) -> None:
    data = saved(picture(), kind, save_all=True, append_images=[picture(colour="blue")])
    assert probe(data).animated


def test_a_telephones_second_view_is_no_animation() -> None:
    data = saved(picture(), "MPO", save_all=True, append_images=[picture(colour="blue")])
    assert probe(data) == Probe(JPEG, 60, 40, animated=False, clean=False)


def test_the_size_is_that_of_the_upright_image() -> None:
    found = probe(turned_and_placed())
    assert (found.width, found.height) == (40, 60)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "misleading.gif"
    path.write_bytes(saved(picture(), "PNG"))
    assert probe(path) == Probe(PNG, 60, 40, animated=False, clean=True)


def test_a_file_that_is_not_what_it_was_said_to_be_is_refused() -> None:
    with pytest.raises(ImageRefused, match=r"The file is image/png, not image/jpeg"):
        probe(saved(picture(), "PNG"), JPEG)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is no image that can be used."),
        (b"hello", "The file is no image that can be used."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "It looks like image/svg"),
        (b"%PDF-1.7\n", "It looks like application/pdf"),
        (saved(picture(), "TIFF"), "It looks like image/tiff"),
    ],
    ids=["nothing", "text", "SVG", "PDF", "TIFF"],
)
def test_what_is_no_readable_image_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ImageRefused, match=message) as refusal:
        probe(data)
    assert refusal.value.hint == "Use JPEG, PNG, WebP, AVIF or GIF."


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_an_image_cut_short_is_refused(kind: str) -> None:
    data = saved(noise(60, 60), kind)
    with pytest.raises(ImageRefused, match="damaged or cut short"):
        await fit(data[: len(data) // 2], RULES)


def bomb() -> bytes:
    """A small PNG that says it has 60 000 by 60 000 pixels."""
    data = bytearray(saved(picture(1, 1), "PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageRefused, match="more than 50000000 pixels"):
        probe(bomb())


def test_more_pixels_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 2399)
    with pytest.raises(ImageRefused, match="more than 2399 pixels"):
        probe(saved(picture(), "PNG"))


# ----------------------------------------------------------------------------------------------------- fit


async def test_metadata_goes_and_the_image_is_upright() -> None:
    fitted = await fit(turned_and_placed(), RULES)
    image = shown(fitted)
    assert b"c4n4ry" not in fitted.data
    assert dict(image.getexif()) == {}
    assert image.size == (40, 60)
    top, bottom = image.getpixel((20, 5)), image.getpixel((20, 55))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > top[0]
    assert bottom[0] > 200 > bottom[2]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_metadata_goes_from_every_kind(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "c4n4ry-maker"
    fitted = await fit(saved(picture(), kind, exif=exif, xmp=b"<x:xmpmeta>c4n4ry</x:xmpmeta>"), RULES)
    assert fitted.mime == Image.MIME[kind]
    assert b"c4n4ry" not in fitted.data


async def test_what_hides_behind_the_pixels_goes() -> None:
    fitted = await fit(saved(picture(), "JPEG") + b"PK\x03\x04c4n4ry", RULES)
    assert b"c4n4ry" not in fitted.data


async def test_the_same_input_gives_the_same_bytes() -> None:
    data = saved(noise(300, 200), "PNG")
    assert await fit(data, RULES) == await fit(data, RULES)


async def test_a_side_is_brought_down() -> None:
    fitted = await fit(saved(picture(3000, 1500), "JPEG"), RULES)
    assert (fitted.width, fitted.height) == (2000, 1000)


async def test_a_small_image_keeps_its_size() -> None:
    fitted = await fit(saved(picture(), "PNG"), RULES)
    assert (fitted.mime, fitted.width, fitted.height) == (PNG, 60, 40)


async def test_a_heavy_png_becomes_a_jpeg_of_the_same_size() -> None:
    source = saved(noise(400, 300).resize((800, 600), Image.Resampling.BICUBIC), "PNG")
    fitted = await fit(source, ImageRules(max_bytes=300_000, max_side=2000, types=(JPEG, PNG)))
    assert (fitted.mime, fitted.width, fitted.height) == (JPEG, 800, 600)
    assert len(source) > 300_000 >= len(fitted.data)


async def test_what_stays_too_heavy_gets_smaller() -> None:
    fitted = await fit(saved(noise(900, 600), "JPEG"), ImageRules(max_bytes=100_000, max_side=2000, types=(JPEG,)))
    assert len(fitted.data) <= 100_000
    assert 200 <= fitted.width < 900
    shown(fitted)


async def test_what_cannot_fit_is_refused() -> None:
    with pytest.raises(ImageRefused, match="cannot be made to fit 100 bytes"):
        await fit(saved(noise(300, 300), "JPEG"), ImageRules(max_bytes=100, max_side=2000, types=(JPEG,)))


async def test_another_type_is_converted() -> None:
    fitted = await fit(saved(picture(), "AVIF"), RULES)
    assert fitted.mime == JPEG
    assert shown(fitted).getpixel((30, 20)) == pytest.approx((254, 0, 0), abs=3)


async def test_what_is_transparent_stays_so_where_a_type_allows() -> None:
    source = saved(picture(mode="RGBA", colour=(255, 0, 0, 0)), "PNG")
    fitted = await fit(source, ImageRules(max_bytes=1_000_000, max_side=2000, types=(JPEG, WEBP)))
    assert fitted.mime == WEBP
    assert shown(fitted).convert("RGBA").getchannel("A").getextrema() == (0, 0)


async def test_what_is_transparent_becomes_white_where_no_type_allows() -> None:
    source = saved(picture(mode="RGBA", colour=(255, 0, 0, 0)), "PNG")
    fitted = await fit(source, ImageRules(max_bytes=1_000_000, max_side=2000, types=(JPEG,)))
    assert shown(fitted).getpixel((5, 5)) == (255, 255, 255)


async def test_sixteen_bits_of_grey_are_not_blown_out() -> None:
    fitted = await fit(saved(picture(mode="I;16", colour=0x4000), "PNG"), RULES)
    assert shown(fitted).convert("L").getpixel((5, 5)) == 0x40


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK"])
async def test_every_mode_is_converted(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    fitted = await fit(saved(picture(mode=mode, colour=None), kind), RULES)
    assert shown(fitted).mode in {"RGB", "RGBA"}


async def test_colours_of_another_profile_are_translated() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    fitted = await fit(saved(picture(colour=(200, 100, 50)), "PNG", icc_profile=lab), RULES)
    image = shown(fitted)
    assert "icc_profile" not in image.info
    assert image.getpixel((5, 5)) == pytest.approx((200, 100, 50), abs=2)


async def test_a_broken_profile_is_ignored() -> None:
    fitted = await fit(saved(picture(), "PNG", icc_profile=b"broken"), RULES)
    assert shown(fitted).getpixel((5, 5)) == (255, 0, 0)


def animation(kind: str = "GIF", **options: Any) -> bytes:
    return saved(picture(), kind, save_all=True, append_images=[picture(colour="blue")], **options)


async def test_an_animation_that_fits_goes_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(animation())
    fitted = await fit(path, ImageRules(max_bytes=10_000, max_side=60, types=(GIF,)))
    assert fitted == Fitted(animation(), GIF, 60, 40)


@pytest.mark.parametrize(
    "rules",
    [
        ImageRules(max_bytes=10, max_side=60, types=(GIF,)),
        ImageRules(max_bytes=10_000, max_side=59, types=(GIF,)),
        ImageRules(max_bytes=10_000, max_side=60, types=(JPEG,)),
    ],
    ids=["bytes", "side", "type"],
)
async def test_an_animation_that_does_not_fit_is_refused(rules: ImageRules) -> None:
    with pytest.raises(ImageRefused, match="The animated image") as refusal:
        await fit(animation(), rules)
    assert refusal.value.hint == "Make it smaller, or use a still image or a video."


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "PNG"])
async def test_an_animation_goes_without_what_it_tells(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "c4n4ry-maker"
    told = animation(kind, comment=b"c4n4ry-comment") if kind == "GIF" else animation(kind, exif=exif)
    assert b"c4n4ry" in told
    assert not probe(told).clean

    fitted = await fit(told, ImageRules(max_bytes=10_000, max_side=60, types=(f"image/{kind.lower()}",)))

    assert b"c4n4ry" not in fitted.data
    frames = shown(fitted)
    assert getattr(frames, "n_frames", 1) == 2
    frames.seek(1)
    red, _, blue = frames.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert blue > 200 > red


# -------------------------------------------------------------------------------------- shape and cleanness


@pytest.mark.parametrize(
    ("size", "low", "high", "framed"),
    [
        ((60, 40), None, None, (60, 40)),
        ((60, 40), 0.8, 1.91, (60, 40)),
        ((40, 100), 0.8, 1.91, (80, 100)),
        ((191, 100), 0.8, 1.91, (191, 100)),
        ((300, 100), 0.8, 1.91, (300, 158)),
        ((3000, 100), 0.8, 1.91, (1000, 524)),
    ],
)
async def test_a_shape_that_is_not_taken_gets_bars(
    size: tuple[int, int], low: float | None, high: float | None, framed: tuple[int, int]
) -> None:
    rules = ImageRules(max_bytes=100_000, max_side=1000, types=(JPEG,), min_aspect=low, max_aspect=high)
    fitted = await fit(saved(picture(*size), "JPEG"), rules)
    assert (fitted.width, fitted.height) == framed == fitted_size(rules, *size)
    image = shown(fitted).convert("RGB")
    assert takes(rules, fitted.mime, len(fitted.data), *image.size)
    corner, middle = image.getpixel((0, 0)), image.getpixel((image.width // 2, image.height // 2))
    assert middle[0] > 240 > 20 > middle[1]  # type: ignore[index]
    assert (corner == (255, 255, 255)) is (framed[0] / framed[1] != pytest.approx(size[0] / size[1], abs=0.02))


async def test_bars_of_a_transparent_image_are_transparent() -> None:
    rules = ImageRules(max_bytes=100_000, max_side=1000, types=(PNG,), min_aspect=1.0)
    source = picture(20, 60, "RGBA", (255, 0, 0, 128))
    image = shown(await fit(saved(source, "PNG"), rules))
    assert image.size == (60, 60)
    assert (image.getpixel((0, 0)), image.getpixel((30, 30))) == ((255, 255, 255, 0), (255, 0, 0, 128))


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (saved(picture(), "JPEG"), True),
        (turned_and_placed(), False),
        (
            saved(picture(), "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
            False,
        ),
        (saved(picture(mode="CMYK", colour=(0, 255, 255, 0)), "JPEG"), False),
        (saved(picture(), "JPEG") + b"a film of a telephone", False),
        (saved(picture(), "GIF", comment=b"who"), False),
    ],
    ids=["plain", "place", "profile", "CMYK", "more behind it", "comment"],
)
def test_only_an_image_that_is_nothing_else_is_clean(data: bytes, clean: bool) -> None:
    assert probe(data).clean is clean


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_an_image_with_something_behind_it_is_refused(kind: str) -> None:
    with pytest.raises(ImageRefused, match="an image and something else at the same time"):
        probe(saved(picture(), kind) + b"<script>alert(1)</script>")


async def test_rules_without_a_type_that_can_be_written_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="none of"):
        await fit(saved(picture(), "JPEG"), ImageRules(max_bytes=10_000, max_side=60, types=("image/heic",)))
