"""A file's whole content: elements, values, text, made safe to ask."""
