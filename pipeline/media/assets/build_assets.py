"""One-off authoring script: this folder's fonts and icons, from npm packages. Never runs in production.

    npm install @iconify-json/fluent-emoji@1.2.7 @fontsource/inter@5 @fontsource/plus-jakarta-sans@5
    pip install fonttools brotli resvg_py pillow
    python build_assets.py node_modules

Icons: the names of `icons.txt`, rasterised at 384 px, written as WebP (lossless alpha).
Fonts: the Latin, extended Latin and Greek subsets merged into one TrueType file a weight.
"""

import importlib
import io
import json
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
SIDE = 384
FONTS = {
    "PlusJakartaSans-ExtraBold.ttf": ("plus-jakarta-sans", 800, ("latin", "latin-ext")),
    "Inter-SemiBold.ttf": ("inter", 600, ("latin", "latin-ext", "greek")),
    "Inter-ExtraBold.ttf": ("inter", 800, ("latin", "latin-ext", "greek")),
}


def build_icons(modules: Path) -> None:
    """Rasterise every icon named in `icons.txt`; 0.3-1 s each."""
    resvg = importlib.import_module("resvg_py")
    collection = json.loads((modules / "@iconify-json/fluent-emoji/icons.json").read_text())
    for line in (HERE / "icons.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name = line.partition(":")[0]
        icon = collection["icons"][name]
        width = icon.get("width", collection.get("width", 32))
        height = icon.get("height", collection.get("height", 32))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {width} {height}" width="{SIDE}" height="{SIDE}">{icon["body"]}</svg>'
        )
        picture = Image.open(io.BytesIO(bytes(resvg.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))))
        picture.convert("RGBA").save(HERE / "icons" / f"{name}.webp", quality=90, alpha_quality=100, method=6)


def build_fonts(modules: Path) -> None:
    """Unpack the woff2 subsets and merge them, first come first served for each character."""
    ttlib = importlib.import_module("fontTools.ttLib")
    merge = importlib.import_module("fontTools.merge")
    for target, (family, weight, subsets) in FONTS.items():
        with tempfile.TemporaryDirectory() as folder:
            parts = []
            for subset in subsets:
                source = modules / f"@fontsource/{family}/files/{family}-{subset}-{weight}-normal.woff2"
                font = ttlib.TTFont(source)
                font.flavor = None
                parts.append(str(Path(folder) / f"{subset}.ttf"))
                font.save(parts[-1])
            merge.Merger().merge(parts).save(HERE / "fonts" / target)


if __name__ == "__main__":
    build_fonts(Path(sys.argv[1]))
    build_icons(Path(sys.argv[1]))
