"""Bytes to radiograph, its gate, and the pixels a network sees."""
