import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ServerConfig } from "../config/environment.ts";
import type { Closers } from "../core/closers.ts";
import { Failed, Refused } from "../core/errors.ts";
import { projectFolder } from "../core/program.ts";
import { Links } from "../delivery/links.ts";
import { UrlSigner } from "../delivery/signed-url.ts";
import { Variants } from "../delivery/variant.ts";
import { renderVariant } from "../finishing/variant.ts";
import { SignInCodes } from "../graphql/account/sign-in.ts";
import { startApollo } from "../graphql/apollo.ts";
import { contextOf, viewerOf } from "../graphql/context.ts";
import { createSchema } from "../graphql/schema.ts";
import type { Services } from "../graphql/services.ts";
import { App } from "../http/app.ts";
import { auditExportHandler } from "../http/audit-export.ts";
import { gauges } from "../http/gauges.ts";
import { graphqlHandler } from "../http/graphql-http.ts";
import { readinessHandler } from "../http/health.ts";
import { imageHandler } from "../http/images.ts";
import { Metrics, metricsHandler } from "../http/metrics.ts";
import { routes } from "../http/routes.ts";
import { socketPorts } from "../http/socket-ports.ts";
import { studioHandler } from "../http/studio.ts";
import { uploadHandler } from "../http/uploads.ts";
import { WebSockets } from "../http/websocket.ts";
import { AuditReader } from "../journey/audit-reader.ts";
import { Views } from "../journey/views.ts";
import type { Base, Loaded, Stages } from "./base.ts";
import { watchKeys } from "./key-watch.ts";

/** The page as Vite built it. */
const studioFolder = join(projectFolder, "out", "studio");

/** HTTP, WebSocket and GraphQL over the stages; listens. */
export async function openEdge(parts: Loaded & Stages, closers: Closers): Promise<{ services: Services }> {
  const { config, secrets, clock, log, db, model, engine } = parts;
  const [current, previous] = secrets.urlKeys;
  const signer = new UrlSigner({ current: current!, ...(previous && { previous }) }, clock);
  const address: { url?: string } = config.publicUrl === undefined ? {} : { url: config.publicUrl };
  const services: Services = {
    ...parts,
    auditReader: new AuditReader({ db, log: parts.auditLog, clock }),
    links: new Links(signer, () => address.url!),
    model: {
      manifest: model.manifest,
      provider: () => engine.health.provider!,
      ready: () => engine.health.state === "up",
    },
    signIn: new SignInCodes(clock),
  };
  const schema = createSchema();
  const complain = (error: unknown) => log.error("a request met a bug", { err: error });
  const apollo = await startApollo(schema, complain);
  closers.add(() => apollo.stop());
  const sockets: WebSockets = new WebSockets({ ...socketPorts(services, schema, apollo, complain), clock, log });
  parts.standings.listen({
    onSuspended: (accountId) => sockets.closeAccount(accountId, "The account is suspended"),
    onKeyEnded: (keyId) => sockets.closeKey(keyId, "The key was revoked"),
    onRoleGiven: (accountId, role) => sockets.closeOtherRoles(accountId, role),
  });
  closers.use(
    watchKeys({ db, sockets, clock, onError: (err) => log.error("keys of sockets were not looked up", { err }) }),
  );
  const onError = (err: unknown) => log.error("a view was not written down", { err });
  const views = closers.use(new Views({ db, clock, onError }));
  const metrics = new Metrics({
    gauges: gauges({
      snapshot: () => parts.scheduler.snapshot(clock.now()),
      engine: () => engine.health,
      dataFolder: config.dataFolder,
      sockets: () => sockets.counts,
    }),
    processMetrics: true,
  });
  const app = new App({
    routes: routes({
      graphql: graphqlHandler({
        apollo,
        contextOf: (request) => contextOf(services, request),
        callerOf: async (request) => viewerOf(await contextOf(services, request)),
        clock,
      }),
      metrics: metricsHandler(metrics, secrets.metricsToken, config.publicUrl !== undefined),
      ...(await handlersOf(parts, services, signer, views)),
    }),
    webSockets: sockets,
    origins: config.origins,
    clock,
    log,
    metrics,
  });
  closers.add(() => app.close());
  const port = await listen(app.server, config);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  address.url ??= `http://${host}:${port}`;
  return { services };
}

/** Everything but GraphQL and metrics. */
async function handlersOf(
  { storage, clock, db, gallery, uploads, engine }: Base & Stages,
  services: Services,
  signer: UrlSigner,
  views: Views,
) {
  const mayServe = (accountId: string) => !services.standings.isSuspended(accountId);
  return {
    upload: uploadHandler({ signer, mayServe, uploads, clock }),
    image: imageHandler({
      signer,
      mayServe,
      images: gallery,
      views,
      storage,
      variants: new Variants(storage, renderVariant),
      clock,
    }),
    auditExport: auditExportHandler({ signer, mayServe, reader: services.auditReader, clock }),
    readiness: readinessHandler(
      [
        { name: "engine", missing: async () => (engine.health.state === "up" ? undefined : engine.health.state) },
        { name: "database", missing: () => db.ping().then(() => undefined) },
      ],
      clock,
    ),
    studio: await studioHandler(studioFolder),
  };
}

async function listen(server: HttpServer, { host, port }: ServerConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const said = (why: string) => `cannot listen on ${host}:${port}: ${why}; choose with PENTIMENTO_PORT`;
      reject(
        error.code === "EADDRINUSE"
          ? new Failed("INTERNAL", said("another program listens there already"), { retryable: true })
          : new Refused("BAD_INPUT", said(error.message)),
      );
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
