import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refused } from "../../../src/core/errors.ts";
import { parseCsv } from "../../../src/moderation/hash-list/parse-csv.ts";
import { parseJsonList, parseStopNcii } from "../../../src/moderation/hash-list/parse-json.ts";
import { parseNcmec } from "../../../src/moderation/hash-list/parse-ncmec.ts";

const pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
const md5 = "0123456789abcdef0123456789abcdef";
const other = "00".repeat(31);

describe("CSV", () => {
  it("is read by its header, with or without ids, status, quality and quotes", () => {
    const text = [
      "\ufeffid,Type,comment,hash,quality,status\r",
      `a-1,PDQ,x,${pdq.toUpperCase()},90,active\r`,
      `,"md5",,"${md5}",,`,
      `a-2,sha-256,,${other}ff,,Withdrawn`,
      "a-3,,,,,deleted",
      "",
      `,pdq,,${pdq},49,`,
      `,md5,,${pdq},,`,
      `,pdna,,${pdq},,`,
    ].join("\n");
    expect([...parseCsv(text)]).toEqual([
      { id: "a-1", deleted: false, hashes: [{ algorithm: "pdq", hex: pdq }] },
      { deleted: false, hashes: [{ algorithm: "md5", hex: md5 }] },
      { id: "a-2", deleted: true, hashes: [{ algorithm: "sha256", hex: `${other}ff` }] },
      { skipped: "a kind of hash that is not used" },
      { skipped: "PDQ of too little quality" },
      { skipped: "not a hash of its kind" },
      { skipped: "a kind of hash that is not used" },
    ]);
  });

  it("keeps commas and quotes of quoted cells out of the columns beside them", () => {
    const text = [
      "type,hash,note,status",
      `md5,${md5},"a, deleted, b",active`,
      `md5,${md5}, "so ""called"", withdrawn" ,removed`,
      `md5,${md5},a, deleted, b,active`,
    ].join("\n");
    const hashes = [{ algorithm: "md5", hex: md5 }];
    expect([...parseCsv(text)]).toEqual([
      { deleted: false, hashes },
      { deleted: true, hashes },
      { skipped: "a line with more cells than the header" },
    ]);
    expect([...parseCsv(`note,type,hash\n"beach, 2019",md5,${md5}\n`)]).toEqual([{ deleted: false, hashes }]);
    for (const cell of ['"two', '"two"lines"'])
      expect(() => [...parseCsv(`type,hash,note\nmd5,${md5},${cell}\nlines",`)]).toThrow(
        "does not end where its cell does",
      );
  });

  it("must say which column holds what: a hash alone could be of two kinds", () => {
    expect(() => [...parseCsv(`${pdq}\n`)]).toThrow('"type" and "hash"');
  });
});

describe("JSON", () => {
  it("is an array of hashes or holds one", () => {
    const list = [
      { type: "pdq", hash: pdq, quality: 60, id: "1" },
      { type: "md5", hash: md5, status: "removed" },
      { type: "md5", hash: 7 },
      "what",
    ];
    const read = [
      { id: "1", deleted: false, hashes: [{ algorithm: "pdq", hex: pdq }] },
      { deleted: true, hashes: [{ algorithm: "md5", hex: md5 }] },
      { skipped: "not an entry" },
      { skipped: "not an entry" },
    ];
    expect([...parseJsonList(JSON.stringify(list))]).toEqual(read);
    expect([...parseJsonList(JSON.stringify({ hashes: list }))]).toEqual(read);
  });
});

describe("a page of StopNCII", () => {
  const record = { lastModtimestamp: 1625167804, hashValue: pdq, hashStatus: "Received", signalType: "ImagePDQ" };
  const page = {
    count: 4,
    nextSetTimestamp: 1625175071,
    nextPageToken: "x",
    hasMoreRecords: false,
    hashRecords: [
      { ...record, caseNumbers: { "27664732-76e1-4a17-8099-455798e67022": "Received" } },
      { ...record, hashStatus: "Withdrawn" },
      { ...record, signalType: "VideoMD5", hashValue: md5 },
      { ...record, hashValue: "short" },
    ],
  };
  const read = [
    { deleted: false, hashes: [{ algorithm: "pdq", hex: pdq }] },
    { deleted: true, hashes: [{ algorithm: "pdq", hex: pdq }] },
    { skipped: "a kind of hash that is not used" },
    { skipped: "not a hash of its kind" },
  ];

  it("is read alone or with others", () => {
    expect([...parseStopNcii(JSON.stringify(page))]).toEqual(read);
    expect([...parseStopNcii(JSON.stringify([page, page]))]).toEqual([...read, ...read]);
  });
});

describe("an answer of NCMEC", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">
  <images count="3" maxTimestamp="2017-10-24T15:10:00Z">
    <image>
      <feedback lastUpdateTimestamp="2023-06-01T12:48:14Z">
        <affirmativeFeedback type="Md5"><members><member id="99">Someone</member></members></affirmativeFeedback>
      </feedback>
      <member id="42">Example Member</member>
      <timestamp>2017-10-24T15:00:00Z</timestamp>
      <id>image1</id>
      <classification>A1</classification>
      <fingerprints>
        <md5>${md5}</md5><sha1>a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1</sha1><pdna>x...</pdna><pdq>${pdq}</pdq>
      </fingerprints>
    </image>
    <deletedImage><member id="43">Another</member><id>image4</id><timestamp>2017-10-24T15:10:00Z</timestamp></deletedImage>
    <image><member id="42">Example Member</member><id>image5</id><fingerprints><pdna>x...</pdna></fingerprints></image>
  </images>
  <videos count="1"><video><member id="42"/><id>v1</id><fingerprints><md5>${md5}</md5></fingerprints></video></videos>
</queryResult>`;

  it("names entries by member and id, uses MD5 and PDQ, and passes over videos", () => {
    expect([...parseNcmec(xml)]).toEqual([
      {
        id: "42-image1",
        deleted: false,
        hashes: [
          { algorithm: "md5", hex: md5 },
          { algorithm: "pdq", hex: pdq },
        ],
      },
      { id: "43-image4", deleted: true, hashes: [] },
      { id: "42-image5", deleted: true, hashes: [] },
      { skipped: "a video" },
    ]);
  });

  it("passes over prints that cannot be read, and takes out no entry for them", () => {
    const unread = (print: string) => [...parseNcmec(xml.replace(`<md5>${md5}</md5>`, print))][0];
    const skipped = { skipped: "not a hash of its kind" };
    for (const print of [`<md5>0x${md5}</md5>`, `<md5>${md5.slice(1)}</md5>`]) expect(unread(print)).toEqual(skipped);
    const alone = xml.replace(`<md5>${md5}</md5>`, "<md5>what</md5>").replace(`<pdq>${pdq}</pdq>`, "<pdq>ever</pdq>");
    expect([...parseNcmec(alone)].slice(0, 2)).toEqual([skipped, { id: "43-image4", deleted: true, hashes: [] }]);
  });

  it("may name its elements with a prefix", () => {
    const prefixed = xml.replace(/<(\/?)(?!\?)/g, "<$1ns2:");
    expect([...parseNcmec(prefixed)]).toEqual([...parseNcmec(xml)]);
  });

  it("without an entry says itself that it counts none", () => {
    expect([...parseNcmec('<queryResult><images count="0" maxTimestamp="x"/></queryResult>')]).toEqual([]);
    for (const text of ["<queryResult></queryResult>", '<queryResult><images count="3"></images></queryResult>'])
      expect(() => [...parseNcmec(text)]).toThrow("holds no image that can be read");
  });

  it("may declare no document type", () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa">]>${xml}`;
    expect(() => [...parseNcmec(bomb)]).toThrow("document type");
  });
});

describe("whatever text is given", () => {
  it.each(Object.entries({ parseCsv, parseJsonList, parseStopNcii, parseNcmec }))(
    "%s reads it or refuses it",
    (_, parse) => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.json(), fc.constant("<queryResult>")), (text) => {
          try {
            for (const update of parse(text)) expect(update).toBeTypeOf("object");
          } catch (error) {
            expect(error).toBeInstanceOf(Refused);
          }
        }),
      );
    },
  );
});
