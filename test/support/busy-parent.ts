import { Supervisor } from "../../src/engine/supervisor.ts";
import { waves } from "./pictures.ts";
import { cpu } from "./slots.ts";

/** Keeps an engine busy inside one long run and prints the child's process id; for tests that kill this process. */
const engine = new Supervisor();
await engine.load(process.argv[2]!, cpu);
const image = waves({ width: 3072, height: 3072 }, 1);
void engine.encodeImage(image, { width: 3072, height: 3072 });
// The picture is staged and prepared before the run starts; a second call waits behind it.
void engine.encodePrompt("later");
console.log(engine.health.pid);
