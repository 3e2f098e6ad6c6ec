"""Decoding through the worker processes beside the raw call of the same library in this process.

`python -m tests.benchmarks decode`. Made pictures: noise on a slope, 12 of 16 bits, so that no
codec gets off cheaply; a colour clip as an ultrasound machine writes it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from pydicom.pixels import get_decoder

from tests.benchmarks.table import Row, interleaved_ms
from tests.dicom.encapsulated import write_compressed
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.decode_job import DecodeJob, Expected
from viewer.dicom.pixels.decoder_pool import DecoderPool
from viewer.dicom.pixels.frames import FrameReader

SYNTAX = "1.2.840.10008.1.2"
OVERHEAD_MS = 2.0
OVERHEAD_SHARE = 1.04
BATCH = 24


@dataclass(frozen=True)
class Codec:
    """A way to compress the picture, and the fastest raw call that undoes it."""

    name: str
    syntax: str
    encode: Callable[[np.ndarray], bytes]
    decode: Callable[[bytes], Any]


def _jpeg_12(pixels: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, level=90, bitspersample=12))


def _jpeg_lossless(pixels: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1, bitspersample=16))


def _jpeg_2000(pixels: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k"))


CODECS = (
    Codec("JPEG 12 bit", "4.51", _jpeg_12, imagecodecs.jpeg8_decode),
    Codec("JPEG lossless", "4.70", _jpeg_lossless, imagecodecs.jpeg8_decode),
    Codec("JPEG-LS", "4.80", imagecodecs.jpegls_encode, imagecodecs.jpegls_decode),
    Codec("JPEG 2000", "4.90", _jpeg_2000, imagecodecs.jpeg2k_decode),
    Codec("HTJ2K", "4.201", imagecodecs.htj2k_encode, imagecodecs.htj2k_decode),
)


def picture(rows: int, columns: int) -> np.ndarray:
    """12-bit values: a slope with noise of seven bits, as a CT has it."""
    noise = np.random.default_rng(5).integers(0, 100, (rows, columns), np.uint16)
    slope = np.linspace(0, 3900, columns, dtype=np.float32).astype(np.uint16)
    return np.asarray(slope + noise, np.uint16)


def job_of(codec: Codec, pixels: np.ndarray) -> DecodeJob:
    expected = Expected(f"{SYNTAX}.{codec.syntax}", *pixels.shape, 1, 16, 12)
    return DecodeJob(expected, bytes(codec.encode(pixels)))


def overhead_rows(pool: DecoderPool) -> list[Row]:
    """What the other process costs, small frames in milliseconds and large ones as a share."""
    rows = []
    for codec in CODECS:
        for size, rounds in (((512, 512), 41), ((2048, 2500), 9)):
            job = job_of(codec, picture(*size))
            calls = {
                "pool": lambda job=job: pool.decode(job),
                "raw": lambda codec=codec, job=job: codec.decode(job.encoded),
            }
            times = interleaved_ms(calls, rounds)
            name = f"{codec.name} {size[0]}x{size[1]}"
            if size[0] == 512:
                extra = times["pool"] - times["raw"]
                rows.append(Row(f"{name}: added by the pool", extra, goal=OVERHEAD_MS))
            else:
                pair = (times["pool"], "raw call", times["raw"])
                rows.append(Row(f"{name}: pool", *pair, goal=OVERHEAD_SHARE))
    return rows


def throughput_row() -> Row:
    """Frames per second of two workers beside one."""
    job = job_of(CODECS[3], picture(512, 512))
    pools = {"one": DecoderPool(1), "two": DecoderPool(2)}
    with ThreadPoolExecutor(4) as threads:

        def batch(pool: DecoderPool) -> None:
            list(threads.map(pool.decode, [job] * BATCH))

        calls = {name: (lambda pool=pool: batch(pool)) for name, pool in pools.items()}
        times = interleaved_ms(calls, 5)
    for pool in pools.values():
        pool.close()
    rates = {name: BATCH * 1000 / ms for name, ms in times.items()}
    name = "JPEG 2000 512x512, two workers"
    return Row(name, rates["two"], "one worker", rates["one"], 1.6, "frames/s", at_least=True)


def clip_rows() -> list[Row]:
    """A 60-frame 800x600 colour clip: first frame, and all frames one after another."""
    base = np.random.default_rng(3).integers(0, 60, (600, 800, 3), np.uint8)
    wave = (np.sin(np.linspace(0, 9, 800)) * 90 + 100).astype(np.uint8)[None, :, None]
    streams = [
        bytes(imagecodecs.jpeg8_encode(np.roll(base, n, 0) + wave, level=85, subsampling="422"))
        for n in range(60)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = write_compressed(
            Path(folder) / "clip.dcm",
            streams,
            f"{SYNTAX}.4.50",
            rows=600,
            columns=800,
            bits=8,
            SamplesPerPixel=3,
            PhotometricInterpretation="YBR_FULL_422",
            PlanarConfiguration=0,
        )
        return _measured_clip(path)


def _measured_clip(path: Path) -> list[Row]:
    ref = FileRef(os.fsencode(path))
    reader = FrameReader()
    reader.load(FrameRef(ref, 0))  # the worker runs

    def first() -> None:
        fresh = FrameReader(reader.pool)
        fresh.load(FrameRef(ref, 30))

    def by_pydicom() -> None:
        dataset = pydicom.dcmread(path)
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
        decoder.as_array(dataset, index=30, decoding_plugin="pillow")

    opened = interleaved_ms({"ours": first, "pydicom": by_pydicom}, 15)
    start = time.perf_counter()
    cpu = time.thread_time()
    for frame in range(60):
        reader.load(FrameRef(ref, frame))
    seconds = time.perf_counter() - start
    own = (time.thread_time() - cpu) / seconds * 100
    reader.close()
    return [
        Row(
            "one frame of a 60-frame clip, file just opened",
            opened["ours"],
            "pydicom, that frame only",
            opened["pydicom"],
            1.0,
        ),
        Row(
            "800x600 JPEG clip, one frame after another",
            60 / seconds,
            goal=60.0,
            unit="frames/s",
            at_least=True,
        ),
        Row("share of that time on the viewer's own thread", own, unit="%"),
    ]


def run() -> list[Row]:
    """All rows; the pool is warm, as it is when a second frame is looked at."""
    pool = DecoderPool(2)
    rows = overhead_rows(pool)
    pool.close()
    return [*rows, throughput_row(), *clip_rows()]
