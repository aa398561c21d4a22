import { toldToNobody } from "./child-environment.ts";

/** To be imported first by programs that load ONNX Runtime into their own process. */
Object.assign(process.env, toldToNobody);
