"""Tests of perfeval_xl.ooxml."""
