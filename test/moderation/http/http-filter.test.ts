import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Clock, wallClock } from "../../../src/core/clock.ts";
import type { Content } from "../../../src/moderation/filter.ts";
import { HttpFilter, type HttpFilterOptions } from "../../../src/moderation/http/http-filter.ts";
import { within } from "../../../src/moderation/within.ts";
import { answering, misbehaviours, type Provider, startProvider } from "../../support/provider.ts";
import { picture, prompt } from "../contents.ts";

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(() => {
  (provider.asked as unknown[]).length = 0;
});

const { signal } = new AbortController();

/** Waits between attempts are over at once and are noted; time-outs are real. */
function hurriedClock(waits: number[]): Clock {
  return {
    ...wallClock,
    after: (ms, callback) => {
      if (ms > 400) return wallClock.after(ms, callback);
      waits.push(ms);
      return wallClock.after(0, callback);
    },
  };
}

function filter(rest: Partial<HttpFilterOptions> = {}): HttpFilter {
  return new HttpFilter({
    name: "far",
    shape: "generic",
    url: provider.url,
    stages: ["PROMPT", "SOURCE", "OUTPUT"],
    timeoutMs: 4_000,
    attempts: 1,
    clock: wallClock,
    chance: () => 0.5,
    ...rest,
  });
}

const found = (made: HttpFilter, content: Content) =>
  made.check(content, signal).then((all) => all.filter(({ score }) => score > 0));
const bodyOf = (at = 0) => JSON.parse(provider.asked[at]!.body.toString()) as Record<string, never>;
const allScores = (scores: Record<string, number>) => ({
  ...Object.fromEntries(
    ["CSAM", "NCII", "SEXUAL", "VIOLENCE", "GORE", "HATE", "SELF_HARM", "HARASSMENT", "ILLEGAL_ACTS"].map((name) => [
      name,
      0,
    ]),
  ),
  PUBLIC_FIGURES: 0,
  COPYRIGHTED_CHARACTERS: 0,
  OTHER: 0,
  ...scores,
});

describe("the generic contract", () => {
  it("sends a prompt, and the key in a header alone", async () => {
    provider.behave(answering({ scores: allScores({ HATE: 0.75 }) }));
    expect(await found(filter({ key: "secret" }), prompt)).toEqual([
      { category: "HATE", score: 0.75, note: "label HATE" },
    ]);
    expect(bodyOf()).toEqual({ version: 1, stage: "PROMPT", prompt: "make it night", hasSource: true });
    expect(provider.asked[0]!.headers.authorization).toBe("Bearer secret");
  });

  it("sends a picture made from the pixels, at most 1024 pixels long, never the file", async () => {
    provider.behave(answering({ scores: allScores({}) }));
    const image = { width: 2048, height: 512, data: new Uint8Array(2048 * 512 * 3) };
    const file = { sha256: "13".repeat(32), md5: "52".repeat(16) };
    expect(await found(filter(), { stage: "SOURCE", image, file, index: 0 })).toEqual([]);
    const { image: sent } = bodyOf() as unknown as { image: { type: string; base64: string } };
    const { format, width, height } = await sharp(Buffer.from(sent.base64, "base64")).metadata();
    expect([sent.type, format, width, height]).toEqual(["image/jpeg", "jpeg", 1024, 256]);
    expect(Buffer.from(sent.base64, "base64").includes("GPS")).toBe(false);
  });

  it("maps labels of one's own, by weight and threshold", async () => {
    provider.behave(answering({ scores: { nude: 0.8, bikini: 0.9, cat: 1 } }));
    const labels = {
      nude: { category: "SEXUAL", weight: 1, threshold: 0.6 },
      bikini: { category: "SEXUAL", weight: 0.3, threshold: 0.5 },
    } as const;
    const scores = (await found(filter({ labels }), picture)).map(({ score }) => score);
    expect(scores[0]).toBeCloseTo(0.75);
    expect(scores[1]).toBeCloseTo(0.27);
  });
});

describe("Hive", () => {
  const classes = ["yes_sexual_activity", "human_corpse", "yes_self_harm", "yes_nazi", "yes_kkk", "yes_terrorist"];
  const rest = (key: string) => classes.map((name) => ({ class: name, [key]: 0.01 }));

  it("is asked in version 2 with a form and a token", async () => {
    const output = [
      {
        time: 0,
        classes: [...rest("score"), { class: "general_nsfw", score: 0.97 }, { class: "very_bloody", score: 0 }],
      },
    ];
    provider.behave(
      answering({
        id: "1",
        code: 200,
        status: [{ status: { code: "0", message: "SUCCESS" }, response: { input: {}, output } }],
      }),
    );
    const made = filter({ shape: "hive-v2", key: "secret", stages: ["OUTPUT"] });
    expect((await found(made, picture))[0]).toEqual({ category: "SEXUAL", score: 0.97, note: "label general_nsfw" });
    const [{ headers, body }] = provider.asked as [Provider["asked"][number]];
    expect(headers.authorization).toBe("token secret");
    expect(headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(body.toString("latin1")).toContain('name="media"; filename="image.jpg"');
  });

  it("is asked in version 3 with JSON and a bearer", async () => {
    const output = [
      { classes: [...rest("value"), { class: "general_nsfw", value: 0 }, { class: "very_bloody", value: 0.6 }] },
    ];
    provider.behave(answering({ task_id: "1", model: "hive/visual-moderation", output }));
    const made = filter({ shape: "hive-v3", key: "secret", stages: ["OUTPUT"] });
    expect(await found(made, picture)).toContainEqual({ category: "GORE", score: 0.6, note: "label very_bloody" });
    const { input } = bodyOf() as unknown as { input: [{ media_base64: string }] };
    expect(input[0].media_base64).toMatch(/^data:image\/jpeg;base64,/);
  });

  it("grades text 0 to 3, and holds it in a language that it does not know", async () => {
    const labels = { sexual: { category: "SEXUAL", weight: 1, threshold: 0.5 } } as const;
    const made = filter({ shape: "hive-v3", stages: ["PROMPT"], labels });
    provider.behave(answering({ output: [{ classes: [{ class: "sexual", value: 3 }] }] }));
    expect(await found(made, prompt)).toMatchObject([{ score: 1 }]);
    expect(bodyOf()).toEqual({ input: [{ text: "make it night" }] });
    provider.behave(answering({ output: [{ classes: [{ class: "sexual", value: -1 }] }] }));
    await expect(made.check(prompt, signal)).rejects.toThrow('for "sexual"');
  });

  it("is not asked for more text than it reads, and is not blamed for it", async () => {
    const labels = { sexual: { category: "SEXUAL", weight: 1, threshold: 0.5 } } as const;
    for (const shape of ["hive-v2", "hive-v3"] as const) {
      const made = filter({ shape, stages: ["PROMPT"], labels });
      const long = { ...prompt, prompt: "a".repeat(1025) };
      for (let i = 0; i < 6; i += 1) await expect(made.check(long, signal)).rejects.toThrow("reads 1024 characters");
    }
    expect(provider.asked).toEqual([]);
  });

  it("needs labels for text, and a filter of its own", () => {
    expect(() => filter({ shape: "hive-v2" })).toThrow("with other labels");
    expect(() => filter({ shape: "hive-v2", stages: ["PROMPT"] })).toThrow("with labels");
  });

  it("holds what was not a success", async () => {
    provider.behave(answering({ status: [{ status: { code: "3", message: "FAILED" }, response: { output: [] } }] }));
    await expect(filter({ shape: "hive-v2", stages: ["OUTPUT"] }).check(picture, signal)).rejects.toThrow(
      "the form of its kind",
    );
  });
});

describe("OpenAI's moderations", () => {
  const names = [
    ...["sexual/minors", "sexual", "violence", "violence/graphic", "hate", "hate/threatening", "self-harm"],
    ...[
      "self-harm/intent",
      "self-harm/instructions",
      "harassment",
      "harassment/threatening",
      "illicit",
      "illicit/violent",
    ],
  ];
  const inPictures = [
    "sexual",
    "violence",
    "violence/graphic",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
  ];
  const applied = (labels: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, labels.includes(name) ? ["image"] : []]));
  const answer = (scores: Record<string, number>, more: object = {}) => ({
    id: "modr-1",
    model: "omni-moderation-latest",
    results: [
      {
        flagged: false,
        categories: {},
        category_scores: { ...Object.fromEntries(names.map((name) => [name, 0])), ...scores },
        ...more,
      },
    ],
  });

  it("are asked for text and for pictures", async () => {
    provider.behave(answering(answer({ "sexual/minors": 0.9, violence: 0.4 })));
    const made = filter({ shape: "openai", key: "secret" });
    expect(await found(made, prompt)).toEqual([
      { category: "CSAM", score: 0.9, note: "label sexual/minors" },
      { category: "VIOLENCE", score: 0.4, note: "label violence" },
    ]);
    expect(bodyOf()).toEqual({ model: "omni-moderation-latest", input: [{ type: "text", text: "make it night" }] });
    provider.behave(answering(answer({ sexual: 0.9 }, { category_applied_input_types: applied(inPictures) })));
    expect(await made.check(picture, signal)).toMatchObject(
      inPictures.map((name) => ({ score: name === "sexual" ? 0.9 : 0, note: `label ${name}` })),
    );
    expect(bodyOf(1)).toMatchObject({
      input: [{ type: "image_url", image_url: { url: /^data:image\/jpeg;base64,/ } }],
    });
  });

  it("are taken for no answer about a picture to which they do not say that a label was applied", async () => {
    const made = filter({ shape: "openai", stages: ["OUTPUT"] });
    for (const more of [{}, { category_applied_input_types: applied(inPictures.slice(1)) }]) {
      provider.behave(answering(answer({}, more)));
      await expect(made.check(picture, signal)).rejects.toThrow('no score of 0 to 1 for "sexual"');
    }
  });

  it("are not asked about pictures for labels that they score in texts alone", () => {
    const labels = { hate: { category: "HATE", weight: 1, threshold: 0.5 } } as const;
    expect(() => filter({ shape: "openai", stages: ["OUTPUT"], labels })).toThrow(
      "none of its labels is scored in pictures",
    );
    expect(() => filter({ shape: "openai", stages: ["PROMPT"], labels })).not.toThrow();
  });

  it("keep their label of CSAM whatever map is configured", async () => {
    provider.behave(answering(answer({ "sexual/minors": 0.9 })));
    const labels = {
      sexual: { category: "SEXUAL", weight: 1, threshold: 0.5 },
      "sexual/minors": { category: "OTHER", weight: 0.01, threshold: 0.5 },
    } as const;
    expect(await found(filter({ shape: "openai", labels }), prompt)).toMatchObject([{ category: "CSAM", score: 0.9 }]);
  });

  it("are held when a label is missing or no probability", async () => {
    const made = filter({ shape: "openai" });
    const { results } = answer({});
    const { violence: _, ...without } = results[0]!.category_scores as Record<string, number>;
    for (const category_scores of [without, { ...without, violence: 1.01 }, { ...without, violence: -1 }]) {
      provider.behave(answering({ results: [{ flagged: false, category_scores }] }));
      await expect(made.check(prompt, signal)).rejects.toThrow('no score of 0 to 1 for "violence"');
    }
  });
});

describe("a provider that misbehaves", () => {
  const quick = { timeoutMs: 600, key: "secret-key" };

  it.each(Object.entries(misbehaviours))("and %s leads to an error that tells nothing", async (_, behaviour) => {
    provider.behave(behaviour);
    for (const shape of ["generic", "hive-v2", "hive-v3", "openai"] as const) {
      const error = await filter({ ...quick, shape, stages: ["OUTPUT"] })
        .check(picture, signal)
        .catch((one: Error) => one);
      expect(error).toBeInstanceOf(Error);
      const { message } = error as Error;
      for (const hidden of ["secret", "127.0.0.1", "oops", "all is well", "example.org"])
        expect(message).not.toContain(hidden);
    }
  });

  it("is asked again where it may pass, with growing, uneven pauses, and not where it cannot", async () => {
    const waits: number[] = [];
    const made = () => filter({ attempts: 3, clock: hurriedClock(waits), chance: () => 0.5, timeoutMs: 6_000 });
    provider.behave(answering({}, 503));
    await expect(made().check(prompt, signal)).rejects.toThrow("HTTP 503");
    expect(provider.asked).toHaveLength(3);
    expect(waits).toEqual([150, 300]);
    provider.behave(answering({}, 400));
    await expect(made().check(prompt, signal)).rejects.toThrow("HTTP 400");
    expect(provider.asked).toHaveLength(4);
    let times = 0;
    provider.behave((asked, response) => {
      times += 1;
      return answering(times === 1 ? {} : { scores: allScores({}) }, times === 1 ? 500 : 200)(asked, response);
    });
    await expect(made().check(prompt, signal)).resolves.toHaveLength(12);
  });

  it("is left alone after five failures in a row, tried once after a rest, and asked again when that went well", async () => {
    let now = 0;
    const made = filter({ clock: { ...wallClock, now: () => now } });
    provider.behave(answering({}, 500));
    for (let i = 0; i < 5; i += 1) await expect(made.check(prompt, signal)).rejects.toThrow("HTTP 500");
    await expect(made.check(prompt, signal)).rejects.toThrow("not asked");
    expect(provider.asked).toHaveLength(5);
    now = 30_001;
    const both = await Promise.allSettled([made.check(prompt, signal), made.check(prompt, signal)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(provider.asked).toHaveLength(6);
    now = 60_002;
    provider.behave(answering({ scores: allScores({}) }));
    await made.check(prompt, signal);
    await made.check(prompt, signal);
    expect(provider.asked).toHaveLength(8);
  });

  it("is left alone after five silences too", async () => {
    const made = filter({ attempts: 2, timeoutMs: 100 });
    provider.behave(misbehaviours["never answers"]!);
    // As the gate asks, whose patience is the filter's own.
    const ask = () => within(wallClock, made.timeoutMs, signal, (until) => made.check(prompt, until));
    for (let i = 0; i < 5; i += 1) await expect(ask()).rejects.toThrow("no answer within");
    await expect(ask()).rejects.toThrow("not asked");
  });

  it("is asked on, whatever it answers to some contents", async () => {
    const made = filter();
    for (const behaviour of [answering({}, 400), answering({ scores: {} })]) {
      provider.behave(behaviour);
      for (let i = 0; i < 6; i += 1) await expect(made.check(prompt, signal)).rejects.not.toThrow("not asked");
    }
    expect(provider.asked).toHaveLength(12);
  });

  it("is not blamed for what was cancelled", async () => {
    const made = filter();
    provider.behave(misbehaviours["never answers"]!);
    for (let i = 0; i < 6; i += 1) {
      const controller = new AbortController();
      const checking = made.check(prompt, controller.signal);
      controller.abort(new Error("cancelled"));
      await expect(checking).rejects.toThrow("cancelled");
    }
    provider.behave(answering({ scores: allScores({}) }));
    await expect(made.check(prompt, signal)).resolves.toHaveLength(12);
  });
});

describe("an address", () => {
  it.each([
    ["http://moderation.example.org/", "must be https"],
    ["http://localhost.example.org/", "must be https"],
    ["ftp://example.org/", "must be https"],
    ["https://user:secret@example.org/", "holds a password"],
    ["moderate", "is no address"],
  ])("%s is refused", (url, why) => {
    expect(() => filter({ url })).toThrow(why);
    expect(() => filter({ url })).not.toThrow("secret");
  });

  it("elsewhere makes the filter one that content leaves for", () => {
    expect(filter({ url: "https://example.org/" }).remote).toBe(true);
    expect(filter({ url: "http://[::1]:9/" }).remote).toBe(false);
  });
});
