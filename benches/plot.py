"""Bar charts as SVG, by hand: nothing to install, and differences that can be read in a review."""

from html import escape

# Told apart by people who see colours differently, and on white and dark pages.
COLOURS = ["#0072b2", "#e69f00", "#999999", "#009e73"]

WIDTH, LEFT, RIGHT = 860, 130, 70
BAR, GAP = 14, 12


def bars(title, under, groups, values):
    """Horizontal bars: for each group one bar a series; `values`: series name → a number, or None, for each group."""
    numbers = [number for row in values.values() for number in row if number is not None]
    # A bar that would dwarf the others ends at the edge, with its number beside it.
    limit = min(max(numbers, default=1.0), max(4.0, 2.5 * sorted(numbers)[len(numbers) // 2] if numbers else 1.0)) * 1.02
    scale = (WIDTH - LEFT - RIGHT) / limit
    top = 70
    height = top + len(groups) * (len(values) * BAR + GAP) + 34
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600" fill="#222222">{escape(title)}</text>',
    ]
    x = LEFT
    for series, colour in zip(values, COLOURS):
        out.append(f'<rect x="{x}" y="38" width="12" height="12" fill="{colour}"/>')
        out.append(f'<text x="{x + 17}" y="48" fill="#222222">{escape(series)}</text>')
        x += 40 + 7 * len(series)

    step = next(step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if limit / step <= 9 or step == 1000)
    bottom = height - 28
    at = 0.0
    while at <= limit:
        x = LEFT + at * scale
        out.append(f'<line x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>')
        out.append(f'<text x="{x:.1f}" y="{top - 9}" text-anchor="middle" font-size="10" fill="#666666">{at:g}</text>')
        at = round(at + step, 6)

    y = top
    for number, group in enumerate(groups):
        middle = y + len(values) * BAR / 2 + 4
        out.append(f'<text x="{LEFT - 8}" y="{middle:.1f}" text-anchor="end" fill="#222222">{escape(group)}</text>')
        for series, colour in zip(values, COLOURS):
            value = values[series][number]
            if value is not None:
                length = min(value, limit) * scale
                out.append(f'<rect x="{LEFT}" y="{y + 1}" width="{length:.1f}" height="{BAR - 2}" fill="{colour}"/>')
                out.append(f'<text x="{LEFT + length + 4:.1f}" y="{y + BAR - 3}" font-size="10" fill="#444444">{value:.2f}</text>')
            y += BAR
        y += GAP
    out.append(f'<text x="12" y="{height - 8}" font-size="10" fill="#666666">{escape(under)}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"
