"""Further sheets (基础数据表, 补充数据): forms of figures, beside a scored form or by themselves.

Each is found by its labels, on any sheet and under any name. A matrix is read by the words of its
heads and the years they carry, a list by its heads, everything else label by label.
"""

from __future__ import annotations

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.reader.further_lists import EntryReader, ListReader
from perfeval_xl.reader.further_matrix import MatrixReader
from perfeval_xl.reader.further_places import Found
from perfeval_xl.reader.further_sheet import FurtherRead, FurtherSheet
from perfeval_xl.reader.values import Values


def read_further(
    found: Found, spec: FormSpec, values: Values, year: int | None, stop: frozenset[str]
) -> FurtherRead:
    """Everything of the form that stands there. Matrices first: their heads tell the year.

    year: the year it must be of, None when any will do. stop: labels of another form, at which a
    list ends.
    """
    sheet = FurtherSheet(found, spec, values, year, stop)
    read, matrices = sheet.read, MatrixReader(sheet)
    for matrix in spec.matrices:
        matrices.read_matrix(matrix)
    if read.year is None:
        matrices.read_title_year()
    for block in spec.blocks:
        EntryReader(sheet).read_pairs(block)
    for listed in spec.lists:
        ListReader(sheet).read_list(listed)
    last = max((ref.row for ref in read.labels.values()), default=sheet.top)
    last = max([last, *(row.ref.row for row in read.lists)])
    read.rows = range(min(read.rows.start, last), last + 1)
    return read
