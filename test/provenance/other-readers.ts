import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initSync, WasmReader } from "@contentauth/c2pa-wasm";
import { BMFF, JPEG, PNG } from "@trustnxt/c2pa-ts/asset";
import { SuperBox } from "@trustnxt/c2pa-ts/jumbf";
import { ManifestStore } from "@trustnxt/c2pa-ts/manifest";

const wasm = createRequire(import.meta.url).resolve("@contentauth/c2pa-wasm/c2pa.wasm");
initSync({ module: readFileSync(wasm) });

/** What the C2PA library for browsers says: Trusted, Valid or Invalid, and the codes of what failed. */
export async function readWithWasm(bytes: Uint8Array, mimeType: string, anchors: string) {
  const settings = {
    trust: { trust_anchors: anchors, verify_trust_list: true },
    verify: { verify_trust: true, remote_manifest_fetch: false },
  };
  const reader = await WasmReader.fromBytes(mimeType, bytes, JSON.stringify(settings));
  const store = JSON.parse(reader.json());
  reader.free();
  return {
    state: store.validation_state as string,
    manifests: Object.keys(store.manifests).length,
    faults: ((store.validation_status ?? []) as { code: string }[]).map(({ code }) => code),
  };
}

/** What an implementation in TypeScript by others says of the active manifest; it cannot read WebP, and checks no trust. */
export async function readWithTypeScript(bytes: Uint8Array) {
  const Asset = [JPEG, PNG, BMFF].find((kind) => kind.canRead(bytes))!;
  const asset = new Asset(new Uint8Array(bytes));
  const jumbf = asset.getManifestJUMBF();
  if (jumbf === undefined) return undefined;
  const manifests = ManifestStore.read(SuperBox.fromBuffer(new Uint8Array(jumbf)));
  const { isValid, statusEntries } = await manifests.validate(asset);
  return { isValid, faults: statusEntries.filter(({ success }) => !success).map(({ code }) => code) };
}
