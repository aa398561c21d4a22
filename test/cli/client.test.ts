import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ViewerDocument } from "../../schema/generated/graphql.ts";
import { Client } from "../../src/cli/client.ts";
import { pictureFile } from "../support/test-server.ts";

type Answer = readonly [status: number, body: string];

/** By the method of the request. */
let answers: { readonly POST: Answer; readonly PUT?: Answer };
const server = createServer(async (request, response: ServerResponse) => {
  for await (const _ of request);
  const [status, body] = answers[request.method as "POST" | "PUT"]!;
  response.writeHead(status).end(body);
});
let client: Client;
let url: string;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new Client(url, "pk_");
});
afterAll(() => server.close());

const page = "<html>413 Request Entity Too Large</html>";
const suspended = JSON.stringify({ error: { code: "FORBIDDEN", message: "the account is suspended" } });

describe("a client of a server", () => {
  it.each([
    ["page", [502, page], { name: "Failed", retryable: true, message: expect.stringContaining("proxy before one") }],
    ["page in place of an answer", [200, page], { name: "Failed", retryable: false }],
    ["JSON that is none of ours", [404, '{"error":"not found"}'], { name: "Failed", code: "MODEL_UNAVAILABLE" }],
    ["null", [200, "null"], { name: "Failed", code: "MODEL_UNAVAILABLE" }],
    ["refusal before GraphQL", [403, suspended], { name: "Refused", message: "the account is suspended" }],
    ["error of GraphQL", [400, '{"errors":[{"message":"no such field"}]}'], { message: "no such field" }],
  ] as const)("tells a %s as what it is", async (_, answer, error) => {
    answers = { POST: answer };
    await expect(client.ask(ViewerDocument, {})).rejects.toMatchObject(error);
  });

  it("tells what refuses an upload, the server or a proxy before it", async () => {
    const bytes = await pictureFile({ width: 8, height: 8 });
    const POST = [200, JSON.stringify({ data: { createUpload: { url: `${url}/uploads/1`, upload: {} } } })] as const;
    answers = { POST, PUT: [413, page] };
    await expect(client.upload(bytes)).rejects.toMatchObject({ name: "Failed", code: "MODEL_UNAVAILABLE" });
    answers = { POST, PUT: [403, suspended] };
    await expect(client.upload(bytes)).rejects.toMatchObject({ name: "Refused", code: "FORBIDDEN" });
    answers = { POST, PUT: [201, '{"imageId":"i"}'] };
    expect(await client.upload(bytes)).toBe("i");
  });
});
