"""How images are written in files: DICOM's encodings, through pydicom and the codecs.

pydicom is imported late and on several threads at once, so each import of it begins with the
package (`from pydicom import ...`), never with a part of it: one thread in `import pydicom.a`
and another in `import pydicom` wait for each other, and Python then hands out half a module.
"""
