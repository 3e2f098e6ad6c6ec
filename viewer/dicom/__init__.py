"""How an image is written in a file: pydicom and the codecs."""
