import type { Handler } from "./exchange.ts";
import { healthHandler } from "./health.ts";
import type { Route } from "./router.ts";

/** What answers at each path. */
export interface Handlers {
  readonly graphql: Handler;
  readonly upload: Handler;
  readonly image: Handler;
  readonly auditExport: Handler;
  readonly readiness: Handler;
  readonly metrics: Handler;
  readonly studio: Handler;
}

/** Every path that the server answers. */
export function routes(handlers: Handlers): Route[] {
  const { graphql, upload, image, auditExport, readiness, metrics, studio } = handlers;
  return [
    { template: "/graphql", sharing: "listed", handlers: { GET: graphql, POST: graphql } },
    { template: "/uploads/:id", sharing: "anyone", handlers: { PUT: upload } },
    { template: "/images/:id", sharing: "anyone", handlers: { GET: image } },
    { template: "/audit/export", sharing: "anyone", handlers: { GET: auditExport } },
    { template: "/healthz", sharing: "self", handlers: { GET: healthHandler } },
    { template: "/readyz", sharing: "self", handlers: { GET: readiness } },
    { template: "/metrics", sharing: "self", handlers: { GET: metrics } },
    { template: "/", sharing: "self", handlers: { GET: studio } },
    { template: "/studio", sharing: "self", handlers: { GET: studio } },
    { template: "/studio/*", sharing: "self", handlers: { GET: studio } },
  ];
}
