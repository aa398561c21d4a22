import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const styles = join(import.meta.dirname, "../../src/studio/styles");
const css = readFileSync(join(styles, "base.css"), "utf8");
const composeCss = readFileSync(join(styles, "compose.css"), "utf8");
const [light, dark] = [...css.matchAll(/:root \{([^}]+--ink[^}]+)\}/g)].map(([, block]) =>
  Object.fromEntries([...block!.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])),
);

/** Relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2). */
function luminance(colour: string): number {
  const [red, green, blue] = colour.match(/[0-9a-f]{2}/g)!.map((hex) => {
    const share = Number.parseInt(hex, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

const inputs = 'input:not([type="range"], [type="file"]),\nselect,\ntextarea';

/** What a rule says of a property, by its selector. */
function declared(selector: string, property: string, sheet = css): string | undefined {
  const block = sheet.slice(sheet.indexOf(`\n${selector} {`)).split("}")[0]!;
  return new RegExp(`(?<![-\\w])${property}:\\s+([^;]+);`).exec(block)?.[1];
}

/** A colour with so many per cent of another over it. */
function under(ground: string, over: string, percent: number): string {
  const [below, above] = [ground, over].map((one) => one.match(/[0-9a-f]{2}/g)!.map((hex) => Number.parseInt(hex, 16)));
  const mixed = below!.map((value, i) => Math.round(value + ((above![i]! - value) * percent) / 100));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

describe.each([
  { scheme: "light", colours: light! },
  { scheme: "dark", colours: dark! },
])("the colours of the studio when it is $scheme", ({ colours }) => {
  it("let placeholders be read: 4.5 to 1 on what they lie on (WCAG 1.4.3)", () => {
    expect(declared("::placeholder", "opacity")).toBe("1");
    const colour = /var\(--(\w+)\)/.exec(declared("::placeholder", "color")!)![1]!;
    expect(contrast(colours[colour]!, colours.gesso!)).toBeGreaterThanOrEqual(4.5);
  });

  it("let hints be read where pictures may be dropped: 4.5 to 1 even where what shows through is densest", () => {
    const ink = /var\(--(\w+)\)/.exec(declared(".empty .hint", "color", composeCss)!)![1]!;
    const background = declared('.easel[data-empty="true"]', "background", composeCss)!;
    const over = [...background.matchAll(/color-mix\(in srgb, var\(--(\w+)\) (\d+)%/g)];
    expect(over.length).toBe(2);
    const densest = over.reduceRight(
      (ground, [, name, percent]) => under(ground, colours[name!]!, Number(percent)),
      colours.sunk!,
    );
    for (const ground of [colours.sunk!, densest]) expect(contrast(colours[ink]!, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.faded!, colours.sunk!)).toBeGreaterThanOrEqual(4.5);
  });

  it("let inputs be found: their borders are 3 to 1 inside and outside (WCAG 1.4.11)", () => {
    const edge = /var\(--(\w+)\)/.exec(declared(inputs, "border")!)![1]!;
    for (const ground of ["sheet", "gesso"])
      expect(contrast(colours[edge]!, colours[ground]!)).toBeGreaterThanOrEqual(3);
  });
});
