"""The profile (附件2-1): one region of one sheet, read block by block."""

from __future__ import annotations

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import missing_fact
from perfeval_xl.reader.ground import Ground, ProfileRead, Region
from perfeval_xl.reader.known import labels_of
from perfeval_xl.reader.pairs import PairReader
from perfeval_xl.reader.tables import TableReader
from perfeval_xl.reader.targets import TargetReader
from perfeval_xl.reader.texts import TextReader
from perfeval_xl.reader.values import Values

_COMES_AGAIN = 3  # so many beginnings of blocks below the last one make a second profile


class ProfileReader:
    """Reads the profile in one region of one sheet."""

    def __init__(self, region: Region, spec: FormSpec, values: Values) -> None:
        self.region = region
        self.grid = region.grid
        self.spec = spec
        self.ground = Ground(region, spec, values)

    @property
    def found(self) -> int:
        """How many blocks, heads and labels of the profile are in the region."""
        own = [field for field in self.spec.fields.values() if not field.attachment]
        pairs = [f for f in own if self.ground.kind_of(f.block) == "pairs"]
        labels = sum(bool(self.region.areas(labels_of(field))) for field in pairs)
        heads = sum(len(heads) for heads in self.ground.tables.values())
        return len(self.ground.starts) + heads + labels

    def below(self) -> int:
        """The row from which a second profile may stand, 0 when no block of this one comes again."""
        last = max(area.row for area in self.ground.starts.values())
        again = [
            area.row
            for start in self.ground.starts.values()
            for area in self.region.areas((self.grid.core(start),), last + 1)
        ]
        return last + 1 if len(again) >= _COMES_AGAIN else 0

    def read_all(self) -> ProfileRead:
        """Facts, table rows, targets and places of the whole region."""
        read, texts = self.ground.read, TextReader(self.ground)
        for field in self.spec.fields.values():
            if field.block != "scoring" and not field.attachment:
                read.facts[field.id] = missing_fact(field.id)
        readers = {
            "pairs": PairReader(self.ground).read_block,
            "table": TableReader(self.ground).read_block,
            "targets": TargetReader(self.ground).read_block,
            "qualitative": texts.read_qualitative,
            "people": texts.read_people,
            "signatures": texts.read_signatures,
            "prose": texts.read_prose,
        }
        for block in self.spec.blocks:
            readers[block.kind](block)
        texts.read_titles()
        return read
