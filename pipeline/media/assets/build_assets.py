"""One-off authoring script: this folder's fonts, icons and land outlines, from npm packages.

It never runs in production.

    npm install @iconify-json/fluent-emoji@1.2.7 inter-ui@4 @fontsource/plus-jakarta-sans@5 \
        @fontsource/fredoka@5 @fontsource/fraunces@5 @fontsource/space-grotesk@5 world-atlas@2
    pip install fonttools brotli resvg_py pillow
    python build_assets.py node_modules

Icons: the names of `icons.txt`, rasterised at 384 px, written as WebP (lossless alpha); what is there stays.
Fonts: the Latin and extended Latin subsets merged into one TrueType file; of Inter, which lends its
characters to the others, all that a school book needs: Greek, Cyrillic, arrows, fractions, raised and
lowered digits.
Land: Natural Earth's outlines at 1:110m as lists of longitude and latitude in tenths of a degree.
"""

import importlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).parent
SIDE = 384
FONTS = {
    "PlusJakartaSans-ExtraBold.ttf": ("plus-jakarta-sans", 800),
    "Fredoka-Bold.ttf": ("fredoka", 700),
    "Fraunces-Black.ttf": ("fraunces", 900),
    "SpaceGrotesk-Bold.ttf": ("space-grotesk", 700),
}
INTER = {"Inter-SemiBold.ttf": "Inter-SemiBold", "Inter-ExtraBold.ttf": "Inter-ExtraBold"}
INTER_RANGES = (
    (0x20, 0x24F),  # Latin and its extensions
    (0x2B0, 0x2FF),
    (0x300, 0x36F),  # accents that combine
    (0x370, 0x3FF),  # Greek
    (0x400, 0x45F),  # Cyrillic
    (0x1E00, 0x1EFF),
    (0x2010, 0x205E),  # dashes, quotes, primes
    (0x2070, 0x209C),  # raised and lowered digits
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x218B),  # letter-like signs, fractions
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x2460, 0x2473),
    (0x25A0, 0x25FF),
    (0x2600, 0x2667),
    (0x2713, 0x2718),
)


def build_icons(modules: Path) -> None:
    """Rasterise every icon named in `icons.txt`; 0.3-1 s each."""
    resvg = importlib.import_module("resvg_py")
    collection = json.loads((modules / "@iconify-json/fluent-emoji/icons.json").read_text())
    for line in (HERE / "icons.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name = line.partition(":")[0]
        if name.startswith("drawn-"):
            continue  # see draw_icons.py
        target = HERE / "icons" / f"{name}.webp"
        if target.exists():
            continue
        icon = collection["icons"][name]
        width = icon.get("width", collection.get("width", 32))
        height = icon.get("height", collection.get("height", 32))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {width} {height}" width="{SIDE}" height="{SIDE}">{icon["body"]}</svg>'
        )
        picture = Image.open(io.BytesIO(bytes(resvg.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))))
        picture.convert("RGBA").save(target, quality=90, alpha_quality=100, method=6)


def build_fonts(modules: Path) -> None:
    """Unpack the woff2 subsets and merge them, first come first served for each character."""
    ttlib = importlib.import_module("fontTools.ttLib")
    merge = importlib.import_module("fontTools.merge")
    for target, (family, weight) in FONTS.items():
        with tempfile.TemporaryDirectory() as folder:
            parts = []
            for subset in ("latin", "latin-ext"):
                source = modules / f"@fontsource/{family}/files/{family}-{subset}-{weight}-normal.woff2"
                font = ttlib.TTFont(source)
                font.flavor = None
                parts.append(str(Path(folder) / f"{subset}.ttf"))
                font.save(parts[-1])
            merge.Merger().merge(parts).save(HERE / "fonts" / target)
    shears = importlib.import_module("fontTools.subset")
    for target, name in INTER.items():
        font = ttlib.TTFont(modules / f"inter-ui/web/{name}.woff2")
        options = shears.Options(layout_features=["kern", "mark", "mkmk", "ccmp", "locl"], hinting=False)
        subsetter = shears.Subsetter(options)
        subsetter.populate(unicodes=[code for first, last in INTER_RANGES for code in range(first, last + 1)])
        subsetter.subset(font)
        font.flavor = None
        font.save(HERE / "fonts" / target)


def build_land(modules: Path) -> None:
    """Decode the outlines: arcs are quantised differences, a negative index runs an arc backwards."""
    atlas: dict[str, Any] = json.loads((modules / "world-atlas/land-110m.json").read_text())
    (scale_x, scale_y), (move_x, move_y) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round((x * scale_x + move_x) * 10), round((y * scale_y + move_y) * 10)))
        arcs.append(points)
    rings = []
    for geometry in atlas["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            points = []
            for index in ring:
                arc = arcs[index] if index >= 0 else arcs[~index][::-1]
                points.extend(arc if not points else arc[1:])
            rings.append([value for point in points for value in point])
    (HERE / "land.json").write_text(json.dumps(rings, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    build_fonts(Path(sys.argv[1]))
    build_land(Path(sys.argv[1]))
    build_icons(Path(sys.argv[1]))
