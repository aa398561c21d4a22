import { getIntrospectionQuery, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import * as generated from "../../schema/generated/graphql.ts";
import { complexityRules, parseOptions } from "../../src/graphql/complexity.ts";
import { createSchema } from "../../src/graphql/schema.ts";

const schema = createSchema();

function faultsOf(text: string): string[] {
  return validate(schema, parse(text, parseOptions), complexityRules).map(({ message, extensions }) => {
    expect(extensions.tooComplex).toBe(true);
    return message;
  });
}

const tooMuch = [expect.stringMatching(/Cost limit of 80000 exceeded/)];

/** A page of edits, and what lies `depth` edits behind each; `arguments` of the page, in brackets. */
function pageOf(args: string, depth: number): string {
  const one = (left: number): string => `images { id ${left === 0 ? "" : `provenance { edit { ${one(left - 1)} } }`} }`;
  return `edits${args} { edges { node { ${one(depth)} } } }`;
}

describe("what one request may ask", () => {
  it("holds every document of the page and the commands, and a tool's question after the schema", () => {
    const documents = Object.entries(generated).filter(([name]) => name.endsWith("Document"));
    expect(documents.length).toBeGreaterThan(20);
    for (const [, document] of documents) expect(faultsOf(String(document))).toEqual([]);
    expect(faultsOf(getIntrospectionQuery())).toEqual([]);
  });

  it("counts a page's size the same in figures and as a variable, and its default where it is left out", () => {
    expect(faultsOf(`{ ${pageOf("(first: 1)", 2)} }`)).toEqual([]);
    expect(faultsOf(`{ ${pageOf("(first: 100)", 2)} }`)).toEqual(tooMuch);
    expect(faultsOf(`query ($first: Int!) { ${pageOf("(first: $first)", 2)} }`)).toEqual(tooMuch);
    const several = (count: number) => Array.from({ length: count }, (_, i) => `e${i}: ${pageOf("", 1)}`).join(" ");
    expect(faultsOf(`{ ${several(2)} }`)).toEqual([]);
    expect(faultsOf(`{ ${several(9)} }`)).toEqual(tooMuch);
  });

  it("counts a list as often as it may have entries, though nobody says how many", () => {
    const behind = (depth: number): string =>
      `provenance { edit { images { ${depth > 1 ? behind(depth - 1) : "id"} } } }`;
    const lineage = (depth: number) => `{ lineage(imageId: "one") { sources { ${behind(depth)} } } }`;
    expect(faultsOf(`{ lineage(imageId: "one") { sources { id } images { id } } }`)).toEqual([]);
    expect(faultsOf(lineage(1))).toEqual([]);
    expect(faultsOf(lineage(2))).toEqual(tooMuch);
  });

  it("is not dodged by fragments", () => {
    const text = `query ($first: Int!) { ...F } fragment F on Query { edits(first: $first) { edges { node { ...G } } } }
      fragment G on Edit { images { provenance { edit { images { provenance { edit { images { id } } } } } } } }`;
    expect(faultsOf(text)).toEqual(tooMuch);
  });

  it("ends at a depth, at a number of aliases, at a second question after schema or lineage, and at a length", () => {
    const masks = `{ image(id: "one") ${"{ provenance { edit { mask ".repeat(4)} { id } ${"} } } ".repeat(4)} }`;
    expect(faultsOf(masks)).toEqual([expect.stringMatching(/depth limit of 12/)]);
    const aliases = Array.from({ length: 32 }, (_, i) => `a${i}: scheduler { queued }`).join(" ");
    expect(faultsOf(`{ ${aliases} }`)).toEqual([expect.stringMatching(/alias/i)]);
    expect(faultsOf(`{ a: __schema { description } b: __schema { description } }`)).toEqual([
      "a document may ask for __schema or __type once",
    ]);
    const lineages = `{ a: lineage(imageId: "one") { id } ...B } fragment B on Query { b: lineage(imageId: "two") { id } }`;
    expect(faultsOf(lineages)).toEqual(["a document may ask for lineage once"]);
    expect(() => faultsOf(`{ ${"__typename ".repeat(2_000)} }`)).toThrow(/2000 tokens/);
  });
});
