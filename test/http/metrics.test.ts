import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { gauges } from "../../src/http/gauges.ts";
import { Metrics, metricsHandler } from "../../src/http/metrics.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { bookOf, drive, job, linear } from "../scheduler/driver.ts";
import { Edge } from "./edge.ts";

describe("GET /metrics", () => {
  it("counts requests by route, method and status, and holds nothing of their addresses", async () => {
    await using edge = await Edge.start();
    const id = await edge.addImage("someone", Buffer.from("bytes"), "png");
    await edge.ask("GET", edge.urlOf(id, "someone"));
    await edge.ask("GET", `/images/${id}`);
    await edge.ask("GET", "/nothing/private");
    while (edge.logged.length < 3) await nextTurn();
    const { status, headers, body } = await edge.ask("GET", "/metrics");
    expect([status, headers["content-type"]]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
    const name = "pentimento_http_request_duration_seconds_count";
    expect(String(body)).toContain(`${name}{route="/images/:id",method="GET",status="200"} 1`);
    expect(String(body)).toContain(`${name}{route="/images/:id",method="GET",status="403"} 1`);
    expect(String(body)).toContain(`${name}{route="none",method="GET",status="404"} 1`);
    expect(String(body)).not.toMatch(new RegExp(`${id}|private|someone`));
  });

  it("asks gauges for their values when it is read", async () => {
    let depth = 3;
    let buckets = [{ labels: { bucket: "1024x1024" }, value: 2 }];
    const metrics = new Metrics({
      gauges: [
        { name: "pentimento_queue_depth", help: "Edits that wait", read: () => depth },
        { name: "pentimento_bucket_depth", help: "Edits that wait", labelNames: ["bucket"], read: () => buckets },
      ],
    });
    expect(await metrics.text()).toMatch(
      /pentimento_queue_depth 3\n[\s\S]*pentimento_bucket_depth\{bucket="1024x1024"\} 2\n/,
    );
    depth = 0;
    buckets = [];
    expect(await metrics.text()).toMatch(/pentimento_queue_depth 0\n/);
    expect(await metrics.text()).not.toMatch(/1024x1024/);
  });

  it("tells what steps cost also while nothing is made, and of no age where nothing waits", async () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    const metrics = new Metrics({
      gauges: gauges({
        snapshot: () => scheduler.snapshot(5_000),
        engine: () => ({ state: "up", deaths: 0 }),
        dataFolder: tmpdir(),
        sockets: () => ({ sockets: 0, subscriptions: 0 }),
      }),
    });
    expect(await metrics.text()).toContain('pentimento_step_seconds{bucket="512x512",rows="1"} 0.1\n');
    expect(await metrics.text()).toMatch(/^pentimento_disk_free_bytes \d{6,}$/m);
    scheduler.restore(job("a"), 0);
    scheduler.release("a", 0);
    expect(await metrics.text()).toContain('pentimento_queue_oldest_seconds{bucket="512x512"} 5\n');
    drive(scheduler, linear, 0, 2);
    expect(await metrics.text()).toContain('pentimento_queue_oldest_seconds{bucket="512x512"} 0\n');
  });

  it("is for this machine only, unless there is a token, which then is needed", async () => {
    await using open = await Edge.start();
    expect((await open.ask("GET", "/metrics")).status).toBe(200);
    expect((await open.ask("GET", "/metrics", { headers: { "x-forwarded-for": "10.0.0.1" } })).status).toBe(403);
    expect((await open.ask("GET", "/metrics", { headers: { forwarded: "for=10.0.0.1" } })).status).toBe(403);
    await using guarded = await Edge.start({ metricsToken: "m3trics" });
    const ask = async (authorization?: string) =>
      (await guarded.ask("GET", "/metrics", { headers: authorization ? { authorization } : {} })).status;
    expect(await Promise.all([ask(), ask("Bearer wrong"), ask("m3trics"), ask("Bearer m3trics")])).toEqual([
      401, 401, 401, 200,
    ]);
  });

  it("is not for other machines without a token, nor for a proxy on this one", async () => {
    const asked = (remoteAddress: string) => ({ request: { socket: { remoteAddress }, headers: {} } }) as never;
    const handler = metricsHandler(new Metrics(), undefined, false);
    await expect(handler(asked("192.0.2.7"))).rejects.toMatchObject({ status: 403 });
    const proxied = metricsHandler(new Metrics(), undefined, true);
    await expect(proxied(asked("127.0.0.1"))).rejects.toMatchObject({ status: 403 });
  });
});
