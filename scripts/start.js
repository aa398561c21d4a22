// Prepares what is missing, then runs the command, in one process, which in `npm start` takes the place of npm's shell: that
// would keep for itself the signal that npm hands on. Where shells know no `exec`, on Windows, there is no such signal.
await import("./setup.js");
await import("../bin/pentimento.js");
