import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { ApiError } from "./api.ts";
import { App } from "./app.tsx";
import { signInByCode, storedKey } from "./session.ts";
import "./styles/base.css";
import "./styles/audit.css";
import "./styles/compose.css";
import "./styles/edit.css";
import "./styles/moderation.css";
import "./styles/provenance.css";

const start = await signInByCode().then(
  (key) => ({ signedInBy: key ?? storedKey() }),
  (error: ApiError) => ({ signedInBy: storedKey(), fault: error }),
);

createRoot(document.getElementById("studio")!).render(
  <StrictMode>
    <App {...start} />
  </StrictMode>,
);
