"""Writes the image goldens of the engine's tests: small files of many formats, and what Pillow and PyTorch make of them.

    python3 tools/golden/images.py engine/src/test/resources/dev/fovea/engine/image

Made with Pillow 12.3.0, numpy 2.4.6, PyTorch 2.13.0 and transformers 5.18.0. Everything is drawn here.
  formats/*         one file for each way of storing pixels
  formats.json      height, width and SHA-256 of the RGB bytes: as stored and, where it differs, turned upright
  resample.json     SHA-256 of Image.resize on noise
  antialias.json    torch interpolate(mode="bilinear", antialias=True) on noise
  policies.json     SHA-256 of the 8-bit pixels of the crop, pad and high-resolution policies
"""

import hashlib
import io
import json
import pathlib
import struct
import sys
import warnings
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps

HEIGHT, WIDTH = 23, 37
FILTERS = {"BILINEAR": Image.Resampling.BILINEAR, "BICUBIC": Image.Resampling.BICUBIC}


def noise(count, seed):
    """The same bytes as TestImages.noise: the high byte of a linear congruential generator."""
    state, out = seed, bytearray(count)
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 24
    return np.frombuffer(bytes(out), np.uint8)


def noise_image(height, width, seed):
    return Image.fromarray(noise(3 * height * width, seed).reshape(height, width, 3))


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([x * 7 % 256, y * 11 % 256, (x + y) * 5 % 256], -1).astype(np.uint8)
    rgb[5:12, 8:20] = noise(7 * 12 * 3, 1).reshape(7, 12, 3)
    return rgb


RGB = picture()
GREY = RGB[..., 0]
ALPHA = np.fromfunction(lambda y, x: (x * 9 + y * 13) % 256, (HEIGHT, WIDTH)).astype(np.uint8)
KEY = np.fromfunction(lambda y, x: (x * 3 + y) % 256, (HEIGHT, WIDTH)).astype(np.uint8)
PALETTE = noise(768, 2).reshape(256, 3)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


# ---- JPEG -------------------------------------------------------------------------------------------------------


def segments(jpeg):
    """(marker, offset, length) of every segment up to the first scan."""
    at = 2
    while True:
        length = struct.unpack(">H", jpeg[at + 2 : at + 4])[0] + 2
        yield jpeg[at + 1], at, length
        if jpeg[at + 1] == 0xDA:
            return
        at += length


def without(jpeg, marker):
    cut = [(at, length) for m, at, length in segments(jpeg) if m == marker]
    for at, length in reversed(cut):
        jpeg = jpeg[:at] + jpeg[at + length :]
    return jpeg


def with_ids(jpeg, ids):
    """Renames the components."""
    out = bytearray(jpeg)
    for marker, at, _ in segments(jpeg):
        first, step = (at + 10, 3) if marker in (0xC0, 0xC2) else (at + 5, 2)
        if marker in (0xC0, 0xC2, 0xDA):
            for c, name in enumerate(ids):
                out[first + step * c] = name
    return bytes(out)


def jpegs():
    image = Image.fromarray(RGB)
    names = ["444", "422", "420"]
    for subsampling, name in enumerate(names):
        yield f"jpeg_{name}.jpg", saved(image, "JPEG", subsampling=subsampling, quality=90)
        yield f"jpeg_{name}_progressive.jpg", saved(
            image, "JPEG", subsampling=subsampling, quality=75, progressive=True
        )
    full = saved(image, "JPEG", subsampling=0, quality=90)
    yield "jpeg_restarts.jpg", saved(image, "JPEG", restart_marker_blocks=1)
    yield "jpeg_grey.jpg", saved(Image.fromarray(GREY), "JPEG")
    yield "jpeg_stored_rgb.jpg", saved(image, "JPEG", keep_rgb=True)
    yield "jpeg_no_jfif.jpg", without(full, 0xE0)
    yield "jpeg_no_jfif_ids_012.jpg", with_ids(without(full, 0xE0), [0, 1, 2])
    yield "jpeg_no_jfif_ids_rgb.jpg", with_ids(without(full, 0xE0), b"RGB")
    yield "jpeg_jfif_ids_rgb.jpg", with_ids(full, b"RGB")
    yield "jpeg_bad_profile.jpg", full[:20] + b"\xff\xe2\x00\x20ICC_PROFILE\0\1\1" + bytes(16) + full[20:]
    cmyk = saved(Image.fromarray(np.dstack([RGB, KEY]), "CMYK"), "JPEG", quality=90)
    yield "jpeg_cmyk.jpg", cmyk
    yield "jpeg_cmyk_no_adobe.jpg", without(cmyk, 0xEE)
    transform = cmyk.index(b"Adobe") + 11
    yield "jpeg_ycck.jpg", cmyk[:transform] + b"\2" + cmyk[transform + 1 :]


# ---- PNG, written by hand because Pillow does not write 16-bit colour or interlaced files -----------------------


def png_rows(pixels, depth):
    """Packs [rows, cols, channels] and filters row y by filter y mod 5."""
    out, before = b"", None
    step = max(1, depth * pixels.shape[2] // 8)
    for y in range(pixels.shape[0]):
        flat = pixels[y].reshape(-1)
        if depth == 16:
            row = flat.astype(">u2").tobytes()
        elif depth == 8:
            row = flat.astype(np.uint8).tobytes()
        else:
            bits = np.unpackbits(flat.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
            row = np.packbits(bits.reshape(-1)).tobytes()
        above = before or bytes(len(row))
        line = bytearray([y % 5])
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            p, q, r = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            paeth = a if p <= q and p <= r else b if q <= r else c
            line.append((value - [0, a, b, (a + b) // 2, paeth][y % 5]) & 255)
        out += bytes(line)
        before = row
    return out


def png(pixels, depth, color, palette=None, transparency=None, interlaced=False):
    pixels = pixels.reshape(HEIGHT, WIDTH, -1)
    adam7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    passes = adam7 if interlaced else ((0, 0, 1, 1),)
    raw = b"".join(png_rows(pixels[y::down, x::across], depth) for x, y, across, down in passes)

    def chunk(kind, payload):
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, interlaced)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    out += chunk(b"PLTE", palette.tobytes()) if palette is not None else b""
    out += chunk(b"tRNS", transparency) if transparency is not None else b""
    half = len(zlib.compress(raw)) // 2
    data = zlib.compress(raw)
    return out + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b"")


def pngs():
    grey16 = GREY.astype(np.uint16) << 8 | RGB[..., 1]
    rgb16 = RGB.astype(np.uint16) << 8 | RGB[..., ::-1]
    for depth in (1, 2, 4, 8):
        level = GREY >> (8 - depth)
        palette = PALETTE[: 1 << depth]
        yield f"png_grey{depth}.png", png(level, depth, 0)
        yield f"png_palette{depth}.png", png(level, depth, 3, palette)
        yield f"png_palette{depth}_transparent.png", png(level, depth, 3, palette, b"\0\x80")
    yield "png_palette8_short.png", png(GREY % 9, 8, 3, PALETTE[:7])
    yield "png_palette4_interlaced.png", png(GREY >> 4, 4, 3, PALETTE[:16], interlaced=True)
    yield "png_grey1_transparent.png", png(GREY >> 7, 1, 0, transparency=b"\0\1")
    yield "png_grey1_interlaced.png", png(GREY >> 7, 1, 0, interlaced=True)
    yield "png_grey8_transparent.png", png(GREY, 8, 0, transparency=b"\0\7")
    yield "png_grey16.png", png(grey16, 16, 0)
    yield "png_grey8_alpha.png", png(np.dstack([GREY, ALPHA]), 8, 4)
    yield "png_grey16_alpha.png", png(np.dstack([grey16, ALPHA.astype(np.uint16) << 8]), 16, 4)
    yield "png_rgb8.png", png(RGB, 8, 2)
    yield "png_rgb8_transparent.png", png(RGB, 8, 2, transparency=bytes([0, 7, 0, 11, 0, 5]))
    yield "png_rgb8_interlaced.png", png(RGB, 8, 2, interlaced=True)
    yield "png_rgb16.png", png(rgb16, 16, 2)
    yield "png_rgba8.png", png(np.dstack([RGB, ALPHA]), 8, 6)
    yield "png_rgba16.png", png(np.dstack([rgb16, ALPHA.astype(np.uint16) * 257]), 16, 6)
    yield "png_rgba16_interlaced.png", png(np.dstack([rgb16, ALPHA.astype(np.uint16) * 257]), 16, 6, interlaced=True)


# ---- GIF --------------------------------------------------------------------------------------------------------


def on_screen(gif, width, height):
    return gif[:6] + struct.pack("<HH", width, height) + gif[10:]


def gifs():
    image = Image.fromarray(RGB)
    plain = saved(image.quantize(16), "GIF")
    transparent = saved(image.quantize(16), "GIF", transparency=3)
    yield "gif_16.gif", plain
    yield "gif_200_interlaced.gif", saved(image.quantize(200), "GIF", interlace=1)
    yield "gif_grey.gif", saved(Image.fromarray(GREY), "GIF", interlace=0)
    yield "gif_2.gif", saved(image.convert("1"), "GIF")
    yield "gif_animated.gif", saved(
        image.quantize(16), "GIF", save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_180).quantize(16)]
    )
    yield "gif_large_screen.gif", on_screen(plain, WIDTH + 10, HEIGHT + 6)
    yield "gif_large_screen_transparent.gif", on_screen(transparent, WIDTH + 10, HEIGHT + 6)
    yield "gif_small_screen.gif", on_screen(plain, WIDTH - 10, HEIGHT - 6)


# ---- BMP, the rarer kinds written by hand -----------------------------------------------------------------------


def bmp(bits, compression, data, masks=b"", palette=b"", colors=0, height=HEIGHT):
    offset = 54 + len(masks) + len(palette)
    out = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    out += struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(data), 0, 0, colors, 0)
    return out + masks + palette + data


def bmp_rows(rows):
    return b"".join(row.tobytes() + bytes(-row.nbytes % 4) for row in rows)


def runs(rows):
    out = b""
    for row in rows:
        x = 0
        while x < WIDTH:
            end = x
            while end < WIDTH and row[end] == row[x]:
                end += 1
            out += bytes([end - x, row[x]])
            x = end
        out += b"\0\0"
    return out + b"\0\1"


def bmps():
    image = Image.fromarray(RGB)
    red, green, blue = (RGB[::-1, :, c].astype("<u2") for c in range(3))
    index = GREY[::-1] >> 4
    palette = np.concatenate([PALETTE[:16], np.zeros((16, 1), np.uint8)], 1).tobytes()
    wide = np.concatenate([index, np.zeros((HEIGHT, 1), np.uint8)], 1)
    yield "bmp_1.bmp", saved(image.convert("1"), "BMP")
    yield "bmp_4.bmp", bmp(4, 0, bmp_rows(wide[:, 0::2] << 4 | wide[:, 1::2]), palette=palette, colors=16)
    yield "bmp_8.bmp", saved(image.quantize(100), "BMP")
    yield "bmp_8_runs.bmp", bmp(8, 1, runs(index), palette=palette, colors=16)
    yield "bmp_grey.bmp", saved(Image.fromarray(GREY), "BMP")
    yield "bmp_555.bmp", bmp(16, 0, bmp_rows(red >> 3 << 10 | green >> 3 << 5 | blue >> 3))
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    yield "bmp_565.bmp", bmp(16, 3, bmp_rows(red >> 3 << 11 | green >> 2 << 5 | blue >> 3), masks=masks)
    yield "bmp_24.bmp", saved(image, "BMP")
    yield "bmp_24_from_top.bmp", bmp(24, 0, bmp_rows(np.ascontiguousarray(RGB[:, :, ::-1])), height=-HEIGHT)
    yield "bmp_32.bmp", saved(Image.fromarray(np.dstack([RGB, ALPHA])), "BMP")


# ---- TIFF and WebP ----------------------------------------------------------------------------------------------


def tiffs():
    image = Image.fromarray(RGB)
    rgba = Image.fromarray(np.dstack([RGB, ALPHA]))
    for name, compression in {
        "plain": "raw", "lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate", "packbits": "packbits", "jpeg": "jpeg"
    }.items():
        yield f"tiff_{name}.tif", saved(image, "TIFF", compression=compression)
    yield "tiff_lzw_predictor.tif", saved(image, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "tiff_bilevel.tif", saved(image.convert("1"), "TIFF")
    yield "tiff_fax4.tif", saved(image.convert("1"), "TIFF", compression="group4")
    yield "tiff_grey.tif", saved(Image.fromarray(GREY), "TIFF")
    yield "tiff_grey_alpha.tif", saved(rgba.convert("LA"), "TIFF")
    yield "tiff_palette.tif", saved(image.quantize(50), "TIFF")
    yield "tiff_rgba.tif", saved(rgba, "TIFF")
    yield "tiff_cmyk.tif", saved(Image.fromarray(np.dstack([RGB, KEY]), "CMYK"), "TIFF")
    yield "tiff_two_pages.tif", saved(image, "TIFF", save_all=True, append_images=[image.convert("L")])
    yield "tiff_orientation6.tif", saved(image, "TIFF", tiffinfo={274: 6})


def webps():
    image = Image.fromarray(RGB)
    rgba = Image.fromarray(np.dstack([RGB, ALPHA]))
    yield "webp_lossless.webp", saved(image, "WEBP", lossless=True)
    yield "webp_lossless_noise.webp", saved(noise_image(HEIGHT, WIDTH, 5), "WEBP", lossless=True)
    yield "webp_lossless_palette.webp", saved(image.quantize(12).convert("RGB"), "WEBP", lossless=True, method=6)
    yield "webp_lossless_alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True)
    yield "webp_animated.webp", saved(
        image, "WEBP", lossless=True, save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_180)]
    )
    yield "webp_lossy.webp", saved(image, "WEBP", quality=80)
    yield "webp_lossy_alpha.webp", saved(rgba, "WEBP", quality=80)


def oriented():
    image = Image.fromarray(RGB)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[274] = orientation
        yield f"exif_{orientation}.jpg", saved(image, "JPEG", exif=exif)
    yield "exif_8.png", saved(image, "PNG", exif=exif)
    yield "exif_8.webp", saved(image, "WEBP", lossless=True, exif=exif)


def formats(out):
    (out / "formats").mkdir(parents=True, exist_ok=True)
    rows = {}
    for maker in (jpegs, pngs, gifs, bmps, tiffs, webps, oriented):
        for name, data in maker():
            (out / "formats" / name).write_bytes(data)
            stored = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
            rows[name] = {"height": stored.shape[0], "width": stored.shape[1], "sha256": sha(stored)}
            if sha(stored) != sha(upright):
                rows[name]["upright"] = {
                    "height": upright.shape[0], "width": upright.shape[1], "sha256": sha(upright)
                }
    # Pillow clips 16-bit grey; the engine keeps the high byte, as Pillow does for every other 16-bit kind.
    rows["png_grey16.png"]["sha256"] = sha(np.repeat(GREY[..., None], 3, 2))
    for name in ("webp_lossy", "webp_lossy_alpha"):
        pixels = Image.open(out / "formats" / f"{name}.webp").convert("RGB")
        pixels.save(out / "formats" / f"{name}.expected.png")
    return rows


# ---- resampling and policies ------------------------------------------------------------------------------------

SIZES = [
    (97, 53, 31, 17), (53, 97, 17, 31), (64, 64, 64, 64), (64, 48, 64, 16), (48, 64, 16, 64), (7, 5, 29, 31),
    (1, 1, 9, 9), (1, 40, 1, 7), (40, 1, 7, 1), (1, 50, 3, 200), (200, 2, 3, 2), (33, 33, 1, 1), (101, 7, 50, 7),
    (60, 80, 59, 79), (60, 80, 61, 81), (150, 10, 10, 150), (333, 250, 84, 63), (20, 20, 100, 3), (2, 3, 2, 4),
]


def resample():
    rows = []
    for seed, (height, width, to_height, to_width) in enumerate(SIZES, 1):
        for name, kind in FILTERS.items():
            resized = noise_image(height, width, seed).resize((to_width, to_height), kind)
            rows.append([height, width, to_height, to_width, name, seed, sha(np.asarray(resized))])
    return {"columns": ["height", "width", "out_height", "out_width", "filter", "seed", "sha256"], "rows": rows}


def antialias():
    rows = []
    for seed, size in enumerate([(97, 53, 31, 17), (30, 30, 10, 10), (33, 20, 11, 20), (20, 31, 33, 47), (9, 9, 9, 9)], 1):
        height, width, to_height, to_width = size
        levels = noise(2 * height * width, seed).astype(np.float32).reshape(1, 2, height, width)
        values = torch.from_numpy(levels) / 64 - 2
        out = torch.nn.functional.interpolate(values, size=(to_height, to_width), mode="bilinear", antialias=True)
        rows.append({"size": size, "seed": seed, "values": [float(v) for v in out.flatten()[::7]]})
    return {"input": "noise / 64 - 2, shape [2, height, width]", "values": "every seventh of the output", "cases": rows}


def policies():
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    def shown(image, edge, crop):
        processor = CLIPImageProcessorPil(
            size={"shortest_edge": edge}, crop_size={"height": crop, "width": crop}, do_rescale=False, do_normalize=False
        )
        return np.asarray(processor(image, return_tensors="np")["pixel_values"][0]).transpose(1, 2, 0).astype(np.uint8)

    def squared(image):
        side = max(image.size)
        square = Image.new("RGB", (side, side), (122, 116, 104))
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        return square

    rows = []
    shapes = [(40, 61), (61, 40), (50, 50), (13, 200), (200, 13), (17, 23), (1, 30), (30, 2)]
    for seed, (height, width) in enumerate(shapes, 1):
        image = noise_image(height, width, seed)
        for edge, crop in ((28, 28), (40, 28), (21, 28), (22, 29)):
            rows.append(["crop", height, width, seed, edge, crop, sha(shown(image, edge, crop))])
        rows.append(["pad", height, width, seed, 28, 28, sha(shown(squared(image), 28, 28))])
        rows.append(["high", height, width, seed, 84, 28, sha(shown(squared(image), 84, 84))])
    return {"columns": ["policy", "height", "width", "seed", "edge", "crop", "sha256"], "rows": rows}


def main():
    warnings.simplefilter("ignore")
    out = pathlib.Path(sys.argv[1])
    for name, made in (
        ("formats", formats(out)), ("resample", resample()), ("antialias", antialias()), ("policies", policies())
    ):
        text = json.dumps(made, indent=1)
        if name in ("resample", "policies"):
            text = json.dumps(made).replace("], [", "],\n[")
        (out / f"{name}.json").write_text(text + "\n")


main()
