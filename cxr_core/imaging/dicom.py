"""DICOM -> Radiograph: modality LUT, then VOI, then MONOCHROME1 last (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

import io
import logging
import re
import warnings
from typing import Any

import numpy as np

from cxr_core.errors import CxrError, UnreadableFilm, UnsupportedFilm
from cxr_core.imaging.age import OLDEST, years_of
from cxr_core.imaging.claims import check_inflated, refuse_size
from cxr_core.imaging.decoder import decode, undecodable
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.window import Window, full_window

# pydicom quotes a damaged tag's own text, which may name a patient, in its warnings and its log: neither is kept.
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
_LOG = logging.getLogger(__name__)

# All that is read of a file. Whatever else it holds, names and ids before all, is never parsed into memory.
_TAGS = [
    "SOPClassUID", "Modality", "ViewPosition", "PatientAge", "PatientSex", "PixelSpacing", "ImagerPixelSpacing",
    "ImageLaterality", "StudyDate", "BodyPartExamined", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "WindowCenter",
    "WindowWidth", "VOILUTFunction", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence",
    "PixelData", "PlanarConfiguration",
]
_VIEWS = {"PA", "AP", "LL", "RL", "LATERAL", "LAT", "LLD", "RLD", "LLO", "RLO"}


def looks_like_dicom(data: bytes) -> bool:
    """Whether the bytes are a DICOM file: a preamble with DICM, or a bare data set that begins with group 2 or 8."""
    return data[128:132] == b"DICM" or data[:4] in (b"\x02\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00",
                                                    b"\x08\x00\x00\x00", b"\x08\x00\x16\x00")


def read_dicom(data: bytes, digest: str) -> Radiograph:
    """Read a single-frame greyscale DICOM image.

    Raises
    ------
    UnreadableFilm, UnsupportedFilm, FilmTooLarge
        Without any of the file's own text, which may name a patient.
    """
    import pydicom

    try:
        check_inflated(data)
        dataset = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=_TAGS)
        _check(dataset)
        _name_syntax(dataset)
        stored = decode(data) if dataset.file_meta.TransferSyntaxUID.is_encapsulated else dataset.pixel_array
        return _radiograph(_modality(stored, dataset), dataset, digest)
    except CxrError:
        raise
    except Exception as problem:  # pydicom and its decoders raise almost anything on a damaged file
        _LOG.info("a DICOM file was not decoded: %s", type(problem).__name__)  # its text may quote the file
        raise undecodable() from None


def _check(dataset: Any) -> None:
    if "PixelData" not in dataset:
        raise UnsupportedFilm("The DICOM file holds no image (no pixel data). Export the image itself.")
    rows, columns = dataset.get("Rows"), dataset.get("Columns")
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise UnreadableFilm("The DICOM file does not say how large its image is. Export it again.")
    refuse_size(rows, columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise UnsupportedFilm(f"The DICOM file holds {frames} frames; a chest film has one. Export one frame.")
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if samples != 1:
        raise UnsupportedFilm(f"The DICOM image has {samples} samples a pixel (colour); a film has one, grey.")
    photometric = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise UnsupportedFilm("The DICOM image is not greyscale; MONOCHROME1 and MONOCHROME2 are read.")


def _name_syntax(dataset: Any) -> None:
    """A bare data set names no transfer syntax: it is of the encoding that it was read by (PS3.5 10.1, A.4)."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    if "TransferSyntaxUID" in dataset.file_meta:
        return
    if dataset["PixelData"].is_undefined_length:
        raise UnsupportedFilm(
            "The DICOM file holds compressed pixels, and does not say how they were compressed (no transfer syntax). "
            "Export it again, as a whole file or uncompressed."
        )
    known = {(True, True): ImplicitVRLittleEndian, (False, True): ExplicitVRLittleEndian,
             (False, False): ExplicitVRBigEndian}
    dataset.file_meta.TransferSyntaxUID = known[dataset.original_encoding]


def _modality(stored: np.ndarray, dataset: Any) -> np.ndarray:
    from pydicom.pixels import apply_modality_lut

    if stored.ndim != 2:
        raise UnsupportedFilm(f"The DICOM image has {stored.ndim} dimensions; a film has two.")
    return apply_modality_lut(stored, dataset)


def _radiograph(values: np.ndarray, dataset: Any, digest: str) -> Radiograph:
    inverted = str(dataset.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    windows = _windows(dataset)
    values, offset, scale, bits = _to_unsigned(values, dataset)
    if "VOILUTSequence" in dataset and not windows:
        values, bits = _voi_lut(values, offset, dataset, bits)
    windows = tuple(Window((w.center - offset) * scale, w.width * scale) for w in windows)
    if not windows:
        windows = (_spread(values, bits),)
    if inverted:
        top = 2**bits - 1
        values = (top - values).astype(values.dtype)
        windows = tuple(Window(top - w.center, w.width) for w in windows)
    spacing, at_detector = _spacing(dataset)
    return Radiograph(
        np.ascontiguousarray(values), bits, windows[0], f"DICOM {_word(dataset.get('Modality')) or 'image'}", digest,
        view=_view(dataset), age=_age(dataset.get("PatientAge")), sex=_one_of(dataset.get("PatientSex"), {"M", "F"}),
        spacing_mm=spacing, spacing_at_detector=at_detector,
        laterality=_one_of(dataset.get("ImageLaterality"), {"L", "R", "B", "U"}),
        date=_date(dataset.get("StudyDate")), body_part=(_word(dataset.get("BodyPartExamined")) or "").lower() or None,
        was_monochrome1=inverted, windows=windows,
    )


def _to_unsigned(values: np.ndarray, dataset: Any) -> tuple[np.ndarray, float, float, int]:
    """Whole values from 0 on, with what was subtracted, what they were multiplied by, and their bits."""
    if not np.isfinite(values).all():
        raise UnreadableFilm("The DICOM image holds values that are no numbers. Export it again.")
    low, high = float(values.min()), float(values.max())
    whole = np.issubdtype(values.dtype, np.integer) or bool(np.all(values == np.round(values)))
    if whole and high - min(low, 0) < 2**16:
        offset, scale = min(low, 0.0), 1.0
        bits = max(8, int(high - offset).bit_length(), min(int(dataset.get("BitsStored") or 8), 16))
    else:
        offset, scale, bits = low, 65535 / max(high - low, 1e-9), 16
    kind = np.uint8 if bits <= 8 else np.uint16
    return np.round((values.astype(np.float64) - offset) * scale).astype(kind), offset, scale, bits


def _voi_lut(values: np.ndarray, offset: float, dataset: Any, bits: int) -> tuple[np.ndarray, int]:
    from pydicom.pixels import apply_voi

    try:
        mapped = apply_voi((values.astype(np.int64) + int(offset)).astype(np.int32), dataset)
        out_bits = max(8, min(16, int(mapped.max()).bit_length()))
        return mapped.astype(np.uint8 if out_bits <= 8 else np.uint16), out_bits
    except Exception:  # a broken look-up table costs the film its curve, not its reading
        return values, bits


def _windows(dataset: Any) -> tuple[Window, ...]:
    centers, widths = _numbers(dataset.get("WindowCenter")), _numbers(dataset.get("WindowWidth"))
    return tuple(Window(c, w) for c, w in zip(centers, widths) if w >= 1)


def _spread(values: np.ndarray, bits: int) -> Window:
    """A window over the 0.5th to 99.5th percentile, for files that name none."""
    low, high = np.percentile(values[::4, ::4], (0.5, 99.5))
    return Window(float(low + high) / 2, float(high - low)) if high > low else full_window(bits)


def _numbers(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    try:
        several = hasattr(value, "__iter__") and not isinstance(value, str)
        numbers = [float(one) for one in (value if several else [value])]
    except (TypeError, ValueError):
        return []
    return [number for number in numbers if np.isfinite(number)]


def _spacing(dataset: Any) -> tuple[tuple[float, float] | None, bool]:
    """The spacing of pixels, mm, and whether it is the detector's own: in the patient, before it, all is smaller.

    Pixel Spacing is meant to be the patient's; equal to Imager Pixel Spacing it was not corrected (PS3.3 10.7.1.1).
    """
    patient, detector = (_pair(dataset.get(tag)) for tag in ("PixelSpacing", "ImagerPixelSpacing"))
    spacing = patient or detector
    return spacing, spacing is not None and spacing == detector


def _pair(value: Any) -> tuple[float, float] | None:
    spacing = _numbers(value)
    return (spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None


def _word(value: Any) -> str | None:
    text = str(value or "").strip()
    return text if re.fullmatch(r"[A-Za-z0-9 _-]{1,16}", text) else None


def _one_of(value: Any, allowed: set[str]) -> str | None:
    text = str(value or "").strip().upper()
    return text if text in allowed else None


def _view(dataset: Any) -> str | None:
    return _one_of(dataset.get("ViewPosition"), _VIEWS)


def _age(value: Any) -> float | None:
    text = str(value or "").strip()
    years = years_of(text) if re.fullmatch(r"\d{1,3}[YMWD]?", text) else None  # real films leave the unit out, too
    return years if years is not None and years <= OLDEST else None


def _date(value: Any) -> str | None:
    text = str(value or "")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"(19|20)\d{6}", text) else None
