"""A DICOM film with the tags that a clinical model is told."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from cxr_core.imaging.phantom import make_phantom


def tagged_film(path: Path, age: str = "067Y") -> bytes:
    """The phantom as a DICOM file of a woman of 67 (or another `age`), lying."""
    pixels = cv2.imdecode(np.frombuffer(make_phantom(300), np.uint8), cv2.IMREAD_GRAYSCALE)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = "1.2.840.10008.5.1.4.1.1.1", ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    film = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    film.SOPClassUID, film.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    film.Modality, film.PatientAge, film.PatientSex, film.ViewPosition = "CR", age, "F", "AP"
    film.BodyPartExamined = "CHEST"
    film.Rows, film.Columns = pixels.shape
    film.BitsAllocated = film.BitsStored = 8
    film.HighBit, film.PixelRepresentation, film.SamplesPerPixel = 7, 0, 1
    film.PhotometricInterpretation, film.PixelData = "MONOCHROME2", pixels.tobytes()
    film.save_as(path, enforce_file_format=True)
    return path.read_bytes()
