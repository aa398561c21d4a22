import { describe, expect, it } from "vitest";
import { claimOf, claimSources } from "../../src/journey/claim.ts";
import { request } from "../store/databases.ts";

const picture = {
  id: "abc",
  mimeType: "image/jpeg",
  at: new Date(0),
  thumbnail: new Uint8Array(1),
  watermark: { algorithm: "mark", value: "1" },
} as const;

describe("the claim of a result", () => {
  it("names the model, and the prompt only where it may be told", () => {
    const edit = { prompt: "make it snow", request };
    const model = { name: request.model, digest: request.modelDigest };
    const { id: _id, ...rest } = picture;
    expect(claimOf(edit, picture, [], false)).toEqual({ ...rest, title: "abc.jpg", sources: [], model });
    expect(claimOf(edit, picture, [], true).prompt).toBe("make it snow");
  });

  it("takes the history of each source from where it is kept", async () => {
    const read = async (digest: string) => new Uint8Array(Buffer.from(digest));
    const image = { digest: "file", contentType: "image/png", c2paDigest: null };
    const sources = await claimSources(
      [
        { ...image, kind: "OUTPUT" },
        { ...image, kind: "SOURCE" },
        { ...image, kind: "SOURCE", c2paDigest: "captured" },
      ],
      read,
    );
    const about = (number: number) => ({ title: `source ${number}`, mimeType: "image/png" });
    expect(sources).toEqual([
      { ...about(1), credentials: { file: await read("file") } },
      about(2),
      { ...about(3), credentials: { captured: await read("captured") } },
    ]);
  });

  it("names a picture once, however often it went in", async () => {
    const read = async (digest: string) => new Uint8Array(Buffer.from(digest));
    const result = { kind: "OUTPUT", digest: "one", contentType: "image/png", c2paDigest: null } as const;
    const upload = { ...result, kind: "SOURCE", digest: "two", c2paDigest: "its history" } as const;
    const bare = { ...upload, c2paDigest: null };
    const sources = await claimSources([result, result, upload, bare, upload, result], read);
    const about = (number: number) => ({ title: `source ${number}`, mimeType: "image/png" });
    expect(sources).toEqual([
      { ...about(1), credentials: { file: await read("one") } },
      { ...about(2), credentials: { captured: await read("its history") } },
      about(3),
    ]);
  });
});
