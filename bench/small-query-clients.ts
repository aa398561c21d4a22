import { Agent, request } from "node:http";

/** Keeps `connections` connections busy with one request after another until its parent ends it; counts the answers. */
const [, , port, path, body, connections] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
let answers = 0;

function ask(): void {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body!) };
  const sent = request(
    { agent, host: "127.0.0.1", port: Number(port), path: path!, method: "POST", headers },
    (answer) => {
      answer.resume();
      answer.on("end", () => {
        answers += 1;
        ask();
      });
    },
  );
  sent.end(body);
}

for (let i = 0; i < Number(connections); i += 1) ask();
process.on("message", () => {
  process.send!(answers);
  answers = 0;
});
process.send!("ready");
