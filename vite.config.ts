import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the studio: `src/studio` into `out/studio`, whose files the server serves under /studio/. */
export default defineConfig({
  root: "src/studio",
  base: "/studio/",
  plugins: [react()],
  logLevel: "warn",
  build: {
    outDir: "../../out/studio",
    emptyOutDir: true,
    target: "es2022",
    // An inline script would not pass the page's content security policy.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
