"""A curve as SVG: both axes logarithmic, readable on light and dark pages."""
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 660, 360, 70, 40, 50, 50
STYLE = """<style>
text { font: 13px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 15px }
.grid { stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
.c0 { stroke: #0969da } .c1 { stroke: #bc4c00 } .c2 { stroke: #1a7f37 } .c3 { stroke: #8250df }
.d0 { fill: #0969da } .d1 { fill: #bc4c00 } .d2 { fill: #1a7f37 } .d3 { fill: #8250df }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d }
.c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #3fb950 } .c3 { stroke: #bc8cff }
.d0 { fill: #58a6ff } .d1 { fill: #f0883e } .d2 { fill: #3fb950 } .d3 { fill: #bc8cff } }
</style>"""


def decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def short(exponent):
    """A power of ten as people write it."""
    if -3 <= exponent < 0:
        return f"{10 ** exponent:.{-exponent}f}"
    return f"{10 ** exponent:,}" if 0 <= exponent < 7 else f"1e{exponent}"


def svg(title, x_name, y_name, curves):
    """`curves` maps names to lists of (x, y), all above zero; at most four."""
    points = [point for curve in curves.values() for point in curve]
    (x0, x1), (y0, y1) = decades([x for x, _ in points]), decades([y for _, y in points])

    def at(x, y):
        across = (math.log10(x) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        up = (math.log10(y) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)
        return round(LEFT + across, 1), round(HEIGHT - BOTTOM - up, 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           f'aria-label="{html.escape(title)}">', STYLE,
           f'<text class="title" x="{LEFT}" y="20">{html.escape(title)}</text>']
    for exponent in range(y0, y1 + 1):
        _, y = at(10 ** x0, 10 ** exponent)
        out.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{short(exponent)}</text>')
    for exponent in range(x0, x1 + 1):
        x, _ = at(10 ** exponent, 10 ** y0)
        out.append(f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}"/>'
                   f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{short(exponent)}</text>')
    out.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 10}" text-anchor="end">{html.escape(x_name)}</text>'
               f'<text x="6" y="{TOP - 10}">{html.escape(y_name)}</text>')
    legend = LEFT + 160
    for i, (name, curve) in enumerate(curves.items()):
        path = " ".join("{},{}".format(*at(x, y)) for x, y in curve)
        out.append(f'<polyline class="line c{i}" points="{path}"/>')
        out += ['<circle class="d{}" cx="{}" cy="{}" r="3.5"/>'.format(i, *at(x, y)) for x, y in curve]
        out.append(f'<circle class="d{i}" cx="{legend}" cy="{TOP - 14}" r="4"/>'
                   f'<text x="{legend + 9}" y="{TOP - 10}">{html.escape(name)}</text>')
        legend += 25 + 8 * len(name)
    return "\n".join(out) + "\n</svg>\n"
