export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Marks of the axes; the outer ones are their ends. The vertical axis is logarithmic. */
  readonly xMarks: readonly number[];
  readonly yMarks: readonly number[];
  readonly series: readonly Series[];
}

const width = 720;
const height = 400;
const plot = { left: 64, right: 560, top: 48, bottom: 344 };

/** Told apart by people who do not tell red from green (Okabe and Ito). */
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#555555"];

/** A line chart as an SVG document; what leaves the top is cut off at it. */
export function lineChart({ title, x, y, xMarks, yMarks, series }: ChartOptions): string {
  const [x0, x1] = [xMarks[0]!, xMarks.at(-1)!];
  const [y0, y1] = [Math.log(yMarks[0]!), Math.log(yMarks.at(-1)!)];
  const across = (value: number) => plot.left + ((value - x0) / (x1 - x0)) * (plot.right - plot.left);
  const up = (value: number) => plot.bottom - ((Math.log(value) - y0) / (y1 - y0)) * (plot.bottom - plot.top);
  const number = (value: number) => `${Math.round(10 * value) / 10}`;
  const parts = [
    text(plot.left, 24, title, `font-size="16" font-weight="bold"`),
    text((plot.left + plot.right) / 2, height - 14, x, `text-anchor="middle"`),
    text(
      16,
      (plot.top + plot.bottom) / 2,
      y,
      `text-anchor="middle" transform="rotate(-90 16 ${(plot.top + plot.bottom) / 2})"`,
    ),
    ...yMarks.flatMap((mark) => [
      `<line x1="${plot.left}" x2="${plot.right}" y1="${number(up(mark))}" y2="${number(up(mark))}" stroke="#ddd"/>`,
      text(plot.left - 8, up(mark) + 4, `${mark}`, `text-anchor="end"`),
    ]),
    ...xMarks.map((mark) => text(across(mark), plot.bottom + 20, `${mark}`, `text-anchor="middle"`)),
  ];
  for (const [i, { name, points }] of series.entries()) {
    const colour = colours[i % colours.length]!;
    const path: string[] = [];
    for (const [px, py] of points) {
      path.push(`${number(across(px))},${number(Math.max(plot.top, up(py)))}`);
      if (up(py) < plot.top) break;
    }
    parts.push(`<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2.5"/>`);
    const line = plot.top + 20 + 24 * i;
    parts.push(
      `<line x1="${plot.right + 16}" x2="${plot.right + 40}" y1="${line}" y2="${line}" stroke="${colour}" stroke-width="2.5"/>`,
    );
    parts.push(text(plot.right + 48, line + 4, name, ""));
  }
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`;
  return `${open}\n<title>${title}</title>\n<rect width="${width}" height="${height}" fill="#fff"/>\n${parts.join("\n")}\n</svg>\n`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${Math.round(x)}" y="${Math.round(y)}" ${attributes}>${escaped}</text>`;
}
