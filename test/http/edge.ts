import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refused } from "../../src/core/errors.ts";
import { newId } from "../../src/core/id.ts";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { UrlSigner } from "../../src/delivery/signed-url.ts";
import { type RenderVariant, Variants } from "../../src/delivery/variant.ts";
import { App, type UpgradePort } from "../../src/http/app.ts";
import { auditExportHandler } from "../../src/http/audit-export.ts";
import type { Handler } from "../../src/http/exchange.ts";
import { type ReadinessCheck, readinessHandler } from "../../src/http/health.ts";
import { imageHandler, type ServedImage } from "../../src/http/images.ts";
import { createLog } from "../../src/http/log.ts";
import { Metrics, metricsHandler } from "../../src/http/metrics.ts";
import type { Route } from "../../src/http/router.ts";
import { routes } from "../../src/http/routes.ts";
import { type AwaitedUpload, uploadHandler } from "../../src/http/uploads.ts";
import { decodeImage } from "../../src/intake/decode.ts";
import { SetClock } from "../support/set-clock.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  json(): unknown;
}

export interface EdgeOptions {
  readonly render?: RenderVariant;
  readonly graphql?: Handler;
  readonly studio?: Handler;
  readonly webSockets?: UpgradePort;
  readonly origins?: readonly string[];
  readonly checks?: readonly ReadinessCheck[];
  readonly metricsToken?: string;
  readonly more?: readonly Route[];
}

const nothing: Handler = (exchange) => exchange.sendJson(404, {});

/** The edge on a port of this machine: real storage, signing and decoding; uploads and images kept in maps. */
export class Edge implements AsyncDisposable {
  readonly clock = new SetClock();
  readonly signer = new UrlSigner({ current: { id: "now", secret: randomBytes(32) } }, this.clock);
  readonly storage: LocalStorage;
  readonly app: App;
  readonly logged: string[] = [];
  readonly suspended = new Set<string>();
  readonly uploads = new Map<string, AwaitedUpload & { accountId: string; state: string }>();
  readonly images = new Map<string, { accountId: string; served: ServedImage | "deleted" | "blocked" }>();
  readonly views: string[] = [];
  /** What an export is made of. */
  exported: AsyncGenerator<string> = (async function* () {})();
  readonly #folder: string;

  private constructor(folder: string, storage: LocalStorage, options: EdgeOptions) {
    this.#folder = folder;
    this.storage = storage;
    const { clock, signer, suspended } = this;
    const mayServe = (accountId: string) => !suspended.has(accountId);
    const log = createLog("debug", { write: (line: string) => this.logged.push(line) });
    const metrics = new Metrics();
    this.app = new App({
      clock,
      log,
      metrics,
      origins: options.origins ?? [],
      ...(options.webSockets ? { webSockets: options.webSockets } : {}),
      routes: [
        ...routes({
          graphql: options.graphql ?? nothing,
          studio: options.studio ?? nothing,
          auditExport: auditExportHandler({ signer, mayServe, clock, reader: { export: async () => this.exported } }),
          readiness: readinessHandler(options.checks ?? [], clock),
          metrics: metricsHandler(metrics, options.metricsToken, false),
          upload: uploadHandler({
            signer,
            mayServe,
            clock,
            uploads: {
              awaited: async (id, accountId) => this.#awaited(id, accountId),
              receive: (id, bytes) => this.#receive(id, bytes),
            },
          }),
          image: imageHandler({
            signer,
            mayServe,
            clock,
            storage,
            variants: new Variants(storage, options.render ?? (async (original) => original)),
            views: { viewed: (imageId, accountId) => this.views.push(`${accountId} ${imageId}`) },
            images: {
              imageFor: async (id, accountId) => {
                const image = this.images.get(id);
                return image?.accountId === accountId ? image.served : undefined;
              },
            },
          }),
        }),
        ...(options.more ?? []),
      ],
    });
  }

  static async start(options: EdgeOptions = {}): Promise<Edge> {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-edge-"));
    const edge = new Edge(folder, await LocalStorage.open(folder), options);
    edge.app.server.listen(0, "127.0.0.1");
    await once(edge.app.server, "listening");
    return edge;
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port;
  }

  /** Sends one request on a connection of its own. */
  async ask(
    method: string,
    path: string,
    options: RequestOptions & { body?: Uint8Array | string } = {},
  ): Promise<Answer> {
    const { body, ...rest } = options;
    const asked = request({ host: "127.0.0.1", port: this.port, agent: false, method, path, ...rest });
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    const bytes = Buffer.concat(await answer.toArray());
    const { statusCode, headers } = answer;
    return { status: statusCode!, headers, body: bytes, json: () => JSON.parse(bytes.toString()) };
  }

  /** What createUpload does: an upload that waits, and its URL. */
  createUpload(accountId: string, awaited: AwaitedUpload): { id: string; url: string } {
    const id = newId(this.clock.date());
    this.uploads.set(id, { ...awaited, accountId, state: "WAITING" });
    return { id, url: this.signer.sign({ method: "PUT", path: `/uploads/${id}`, accountId }) };
  }

  async addImage(accountId: string, bytes: Uint8Array, format: ServedImage["format"]): Promise<string> {
    const id = newId(this.clock.date());
    this.images.set(id, { accountId, served: { digest: await this.storage.put(bytes), format, own: true } });
    return id;
  }

  urlOf(imageId: string, accountId: string, parameters: Record<string, string> = {}, expiresInSeconds = 3600): string {
    return this.signer.sign({ method: "GET", path: `/images/${imageId}`, accountId, parameters, expiresInSeconds });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #awaited(id: string, accountId: string): AwaitedUpload {
    const upload = this.uploads.get(id);
    if (upload?.accountId !== accountId) throw new Refused("NOT_FOUND", "there is no such upload");
    if (upload.state !== "WAITING") throw new Refused("UPLOAD_EXPIRED", "this upload has had its bytes");
    return upload;
  }

  async #receive(id: string, bytes: Uint8Array) {
    const upload = this.uploads.get(id)!;
    try {
      const { width, height } = await decodeImage(bytes);
      const imageId = await this.addImage(upload.accountId, bytes, "png");
      upload.state = "READY";
      return { imageId, width, height };
    } catch (error) {
      upload.state = "REJECTED";
      throw error;
    }
  }
}
