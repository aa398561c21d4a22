import { expect, it } from "vitest";
import { childEnvironment } from "../../src/config/child-environment.ts";

it("gives a child process the system's variables and none of the server's secrets", () => {
  const env = { PATH: "/bin", CUDA_VISIBLE_DEVICES: "1", PENTIMENTO_SECRET: "s", DATABASE_URL: "postgresql://u:p@h/d" };
  const given = childEnvironment(env);
  expect(given).toMatchObject({ PATH: "/bin", CUDA_VISIBLE_DEVICES: "1" });
  expect(Object.keys(given).filter((name) => /PENTIMENTO|DATABASE/.test(name))).toEqual([]);
});

it("leaves a setting of the allocator as it was given", () => {
  expect(childEnvironment({ MALLOC_TRIM_THRESHOLD_: "1" }).MALLOC_TRIM_THRESHOLD_).toBe("1");
});

it("lets ONNX Runtime report to nobody, whatever was given", () => {
  for (const given of [{}, { ORT_DISABLE_TELEMETRY: "0" }])
    expect(childEnvironment(given).ORT_DISABLE_TELEMETRY).toBe("1");
});
