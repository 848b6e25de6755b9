"""Trees with byte offsets: the quick reader and the general one see the same."""

from __future__ import annotations

import pytest

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.markup import Node, general_tree, parse
from tests.conftest import SAMPLES
from tests.ooxml.samples import unzipped

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WRITTEN = {
    "plain": b'<a xmlns="m"><b c="1"/><b>\xe7\x94\xb2 &amp; &#20057;</b></a>',
    "declaration and line breaks": b'<?xml version="1.0"?>\n<a xmlns="m">\n <b> x </b>\n</a>\n',
    "byte order mark": b'\xef\xbb\xbf<?xml version="1.0"?><a xmlns="m"><b/></a>',
    "empty root": b'<a xmlns="m"/>',
    "relation on the element": f'<a><b xmlns:r="{R}" r:id="x" name="&lt;&quot;"/></a>'.encode(),
    "relation at the root": f'<a xmlns="m" xmlns:r="{R}"><b r:id="x"/></a>'.encode(),
    "foreign attribute": b'<a xmlns:f="u" f:g="1"><b f:g="2" xml:space="preserve"> </b></a>',
    "prefixed elements": b'<x:a xmlns:x="m"><x:b x:c="1"/></x:a>',
    "a namespace below the root": b'<a xmlns="m"><b xmlns="n"><c/></b><b/></a>',
    "a prefix bound anew": b'<a xmlns:f="u"><b xmlns:f="v" f:g="1"/><b f:g="2"/></a>',
    "comment and CDATA": b"<a><!-- <b/> --><b><![CDATA[<c/>]]></b></a>",
    "an instruction": b"<a><?go on?><b/></a>",
    "single quotes": b"<a><b c='1>2'/></a>",
    "a sign in a value": b'<a><b c="1>2"/></a>',
    "tabs and breaks in a value": b'<a><b c="1\t2\n3"/></a>',
    "carriage returns": b"<a><b>1\r\n2</b></a>",
    "spaces in tags": b'<a ><b  c="1" ></b ></a >',
}


@pytest.mark.parametrize("name", WRITTEN)
def test_quick_and_general_trees_are_equal(name: str) -> None:
    assert parse(WRITTEN[name], "part") == general_tree(WRITTEN[name], "part")


@pytest.mark.parametrize(
    "content",
    [
        b"<a><b></a>",
        b'<a><b c="1" c="2"/></a>',
        b"<a/><b/>",
        b"<a>&nbsp;</a>",
        b"<a>\xff</a>",
        b"<a/>more",
        b"<a b=1/>",
        b"",
        b"<a>" + b"<b>" * 200 + b"</b>" * 200 + b"</a>",
    ],
)
def test_what_is_not_well_formed_or_too_deep_is_refused(content: bytes) -> None:
    with pytest.raises(WorkbookError) as caught:
        parse(content, "part")
    assert caught.value.code == "workbook.bad_xml"


def test_a_limited_depth_leaves_out_only_what_lies_below_it() -> None:
    styles = unzipped(next(SAMPLES.glob("01*.xlsx")).read_bytes())["xl/styles.xml"]
    assert parse(styles, "part", depth=3) == _cut(general_tree(styles, "part"), 3)


def _cut(node: Node, depth: int) -> Node:
    """The tree without what lies below a depth; texts there are left out too."""
    if depth == 1:
        node.children, node.text = [], ""
    for child in node.children:
        _cut(child, depth - 1)
    return node
