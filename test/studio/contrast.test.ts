import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../../src/studio/styles/base.css"), "utf8");
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
function declared(selector: string, property: string): string | undefined {
  const block = css.slice(css.indexOf(`\n${selector} {`)).split("}")[0]!;
  return new RegExp(`\\b${property}: ([^;]+);`).exec(block)?.[1];
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

  it("let inputs be found: their borders are 3 to 1 inside and outside (WCAG 1.4.11)", () => {
    const edge = /var\(--(\w+)\)/.exec(declared(inputs, "border")!)![1]!;
    for (const ground of ["sheet", "gesso"])
      expect(contrast(colours[edge]!, colours[ground]!)).toBeGreaterThanOrEqual(3);
  });
});
