"""Grouped bars as SVG on a card of its own, which follows a light or dark theme as a whole."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#1f77b4", "#17a2a2", "#8c6bb1", "#e07b28", "#c4453c", "#7f8c3a"]
ROW, LEFT, WIDTH, RIGHT, TOP = 15, 90, 560, 60, 78
STYLE = """.card{fill:#fff;stroke:#d0d7de}text{fill:#24292f}.grid{stroke:#d8dee4}
@media(prefers-color-scheme:dark){.card{fill:#0d1117;stroke:#30363d}text{fill:#e6edf3}.grid{stroke:#30363d}}"""


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def bars(title, groups):
    """`groups` is {group: {name: value}}; a name keeps its colour. The scale is logarithmic: from a tenth below the
    least value's power of ten to the greatest."""
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    colours = dict(zip(names, COLOURS * len(names)))
    flat = [max(value, 0.1) for values in groups.values() for value in values.values()]
    low = math.floor(math.log10(min(flat)))
    high = max(math.log10(max(flat)) + 0.02, low + 1)

    def place(value):
        return LEFT + (math.log10(max(value, 10 ** low)) - low) / (high - low) * WIDTH

    body, y = [], TOP
    for group, values in groups.items():
        body.append(text(LEFT - 8, y + ROW * len(values) / 2 + 3, group, ' text-anchor="end"'))
        for name, value in values.items():
            body.append(f'<rect x="{LEFT}" y="{y}" width="{max(1, place(value) - LEFT):.1f}" height="{ROW - 2}"'
                        f' fill="{colours[name]}"><title>{escape(f"{group}, {name}: {value:.1f}")}</title></rect>')
            body.append(text(place(value) + 5, y + 10.5, f"{value:.0f}" if value >= 10 else f"{value:.1f}"))
            y += ROW
        y += 9
    legend = []
    for at, name in enumerate(names):
        x, row = LEFT + at % 3 * 190, 36 + at // 3 * 16
        legend.append(f'<rect x="{x}" y="{row - 9}" width="10" height="10" fill="{colours[name]}"/>'
                      + text(x + 15, row, name))
    grid = [f'<line class="grid" x1="{place(10 ** power):.1f}" x2="{place(10 ** power):.1f}" y1="{TOP - 6}" y2="{y}"/>'
            + text(place(10 ** power), TOP - 10, str(10 ** power), ' text-anchor="middle" font-size="10"')
            for power in range(low, math.floor(high) + 1)]
    width = LEFT + WIDTH + RIGHT
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 4}" width="{width}" height="{y + 4}"'
            f' font-family="sans-serif" font-size="12"><style>{STYLE}</style>'
            f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{y + 3}" rx="6"/>'
            + text(LEFT, 19, title, ' font-weight="bold"') + "\n".join([*legend, *grid, *body]) + "</svg>\n")
