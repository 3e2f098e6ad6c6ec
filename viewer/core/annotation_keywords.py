"""The attributes that the words on an image are made of.

`ANNOTATION_KEYWORDS` is the list of attributes the words are made of. `describe_frame` puts
their text into `FrameDescription.facts` under the same keyword, by these conventions:

* the value that holds for this frame: functional groups (per frame, then shared) win over the
  top level, wherever the standard nests the attribute (`KVP` of enhanced CT, the items of the
  Radiopharmaceutical Information Sequence, ...);
* a code sequence is its Code Meaning; several values or items are joined with a backslash;
* dates, times, names, numbers stay as the file writes them: formatting happens here;
* no value, no key.
"""

from __future__ import annotations

IDENTITY_KEYWORDS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
)
STUDY_KEYWORDS = (
    "InstitutionName",
    "StudyDescription",
    "StudyID",
    "AccessionNumber",
    "AcquisitionDateTime",
    "FrameAcquisitionDateTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "DateOfSecondaryCapture",
    "TimeOfSecondaryCapture",
    "SeriesDate",
    "SeriesTime",
    "StudyDate",
    "StudyTime",
)
SERIES_KEYWORDS = (
    "SeriesNumber",
    "SeriesDescription",
    "ProtocolName",
    "InstanceNumber",
    "Laterality",
    "ImageLaterality",
    "FrameLaterality",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "ImageComments",
    "FrameComments",
    "ContrastBolusAgent",
    "ContrastBolusAgentSequence",
    "SliceThickness",
    "SpacingBetweenSlices",
    "SliceLocation",
    "PatientPosition",
)
TECHNIQUE_KEYWORDS = (
    # X-ray: CT, CR, DX, MG, XA, RF
    "KVP",
    "XRayTubeCurrent",
    "XRayTubeCurrentInmA",
    "XRayTubeCurrentInuA",
    "ExposureTime",
    "ExposureTimeInms",
    "ExposureTimeInuS",
    "Exposure",
    "ExposureInmAs",
    "ExposureInuAs",
    "ConvolutionKernel",
    "ViewPosition",
    "ViewCodeSequence",
    "ViewModifierCodeSequence",
    "EstimatedRadiographicMagnificationFactor",
    "PositionerPrimaryAngle",
    "PositionerSecondaryAngle",
    # MR
    "ScanningSequence",
    "SequenceVariant",
    "SequenceName",
    "PulseSequenceName",
    "RepetitionTime",
    "EchoTime",
    "EffectiveEchoTime",
    "InversionTime",
    "InversionTimes",
    "FlipAngle",
    "MagneticFieldStrength",
    "DiffusionBValue",
    # US
    "DepthOfScanField",
    "DepthsOfFocus",
    "MechanicalIndex",
    "BoneThermalIndex",
    "CranialThermalIndex",
    "SoftTissueThermalIndex",
    # time
    "FrameTime",
    "CineRate",
    "RecommendedDisplayFrameRate",
    "TriggerTime",
    "NominalCardiacTriggerDelayTime",
    "TemporalPositionIndex",
    "HeartRate",
    # PT, NM
    "Radiopharmaceutical",
    "RadiopharmaceuticalCodeSequence",
    "RadionuclideCodeSequence",
    "RadionuclideTotalDose",
    "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime",
    "SUVType",
    "Units",
    "DecayCorrection",
    # status
    "PixelIntensityRelationship",
    "PresentationIntentType",
    "QualityControlImage",
)
ANNOTATION_KEYWORDS = IDENTITY_KEYWORDS + STUDY_KEYWORDS + SERIES_KEYWORDS + TECHNIQUE_KEYWORDS
