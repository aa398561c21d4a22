import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import {
  type FilterConfig,
  noFilterConfig,
  openFilters,
  readFilterConfig,
} from "../../src/moderation/create-filters.ts";
import { pdqOf } from "../../src/moderation/hash-list/pdq.ts";
import { answering, startProvider } from "../support/provider.ts";
import { tinyClassifier, writeJson } from "../support/tiny-classifier.ts";
import { picture } from "./contents.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-filters-"));
});
afterEach(() => rm(folder, { recursive: true }));

const { signal } = new AbortController();
const open = (config: FilterConfig) =>
  openFilters(config, {
    modelsFolder: folder,
    listsFolder: join(folder, "lists"),
    hashListAgeHoursMax: 168,
    pdq: pdqOf,
    classify: async () => ({ scores: { red: 0.9, green: 0.1, blue: 0.4 } }),
    reader: { version: "1", read: async () => ({}) },
    clock: wallClock,
    chance: () => 0,
  });

async function read(config: object): Promise<FilterConfig> {
  await writeJson(join(folder, "filters.json"), config);
  return readFilterConfig(join(folder, "filters.json"));
}

describe("the filters", () => {
  it("are prompt rules and hash lists where nothing is configured", async () => {
    const { filters, hashLists } = await open(noFilterConfig);
    expect(filters.map(({ name }) => name)).toEqual(["hash-lists", "prompt-rules"]);
    expect(filters[0]).toBe(hashLists);
    const found = await filters[1]!.check({ stage: "PROMPT", prompt: "make the sky blue", hasSource: true }, signal);
    expect(found).toEqual([]);
  });

  it("are those of the file, with keys from files of their own", async () => {
    await tinyClassifier(join(folder, "colours"));
    await writeFile(join(folder, "key"), "secret-key\n");
    await using provider = await startProvider();
    provider.behave(answering({ scores: { bad: 0.3 } }));
    const labels = { bad: { category: "OTHER" } };
    const http = [{ name: "far", shape: "generic", url: provider.url, keyFile: "key", stages: ["OUTPUT"], labels }];
    const { filters } = await open(
      await read({ format: 1, classifiers: ["colours"], requiredHashLists: ["known"], http }),
    );
    expect(filters.map(({ name, kind }) => [name, kind])).toEqual([
      ["hash-lists", "hash-list"],
      ["prompt-rules", "rules"],
      ["colours", "classifier"],
      ["far", "classifier"],
    ]);
    expect(filters[0]!.hold?.(wallClock.date(), picture)).toContain('"known" has not been imported');
    expect(await filters[2]!.check(picture, signal)).toEqual([
      { category: "GORE", score: 0.9, note: "label red" },
      { category: "SEXUAL", score: 0.2, note: "label blue" },
    ]);
    expect(await filters[3]!.check(picture, signal)).toMatchObject([{ category: "OTHER", score: 0.3 }]);
    expect(provider.asked[0]!.headers.authorization).toBe("Bearer secret-key");
  });

  it("change their version with their weights and their map", async () => {
    const version = async () => (await open({ ...noFilterConfig, classifiers: ["colours"] })).filters[2]!.version;
    await tinyClassifier(join(folder, "colours"));
    const first = await version();
    expect(await version()).toBe(first);
    await writeJson(join(folder, "colours/moderation.json"), { format: 1, labels: { red: { category: "HATE" } } });
    expect(await version()).not.toBe(first);
  });
});

describe("a server does not start without a filter that it was given", () => {
  const far = { name: "far", shape: "generic", url: "https://example.org/", stages: ["OUTPUT"] };

  it.each([
    ["cannot be read", { format: 1, http: [{ ...far, keyFile: "missing" }] }],
    ["must be https", { format: 1, http: [{ ...far, url: "http://example.org/" }] }],
    ['two filters are called "far"', { format: 1, http: [far, far] }],
    ["moderation.json: cannot be read", { format: 1, classifiers: ["nothing"] }],
  ])("%s", async (why, config) => {
    await expect(read(config).then(open)).rejects.toThrow(why);
  });

  it("nor with a file that has faults, all of which are named", async () => {
    const faults = read({
      format: 1,
      http: [{ ...far, shape: "clarity", timeoutMs: 1 }],
      promptRules: false,
      classifiers: ["../up"],
    });
    for (const part of ["http.0.shape", "http.0.timeoutMs", "promptRules", "classifiers.0"])
      await expect(faults).rejects.toThrow(part);
  });

  it("nor with a classifier whose manifest names labels it does not have, or weakens CSAM", async () => {
    await tinyClassifier(join(folder, "colours"));
    const withLabels = async (labels: object) => {
      await writeJson(join(folder, "colours/moderation.json"), { format: 1, labels });
      return open({ ...noFilterConfig, classifiers: ["colours"] });
    };
    await expect(withLabels({ pink: { category: "SEXUAL" } })).rejects.toThrow(
      'no label "pink"; it has red, green, blue',
    );
    for (const weaker of [{ weight: 0.5 }, { threshold: 0.9 }])
      await expect(withLabels({ red: { category: "CSAM", ...weaker } })).rejects.toThrow("CSAM or NCII");
    await expect(withLabels({ red: { category: "NCII" } })).resolves.toBeDefined();
  });
});
