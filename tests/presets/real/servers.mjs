// Real servers from npm, with limits that a test can wait for. Prints their addresses as JSON.
import { createRequire } from "node:module";
import { createServer } from "node:http";

const require = createRequire(process.cwd() + "/");
const TOKEN = "good-0123456789abcdef";

function listen(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${server.address().port}`)));
}

async function socketIo() {
  const { Server } = require("socket.io");
  const http = createServer();
  const io = new Server(http, { pingInterval: 3000, pingTimeout: 2000, connectTimeout: 3000 });
  io.use((socket, next) => next(socket.handshake.auth.token === TOKEN ? undefined : new Error("invalid token")));
  return listen(http);
}

async function graphQl() {
  const { WebSocketServer } = require("ws");
  const { useServer } = await import(new URL("node_modules/graphql-ws/dist/use/ws.js", `file://${process.cwd()}/`));
  const { buildSchema } = require("graphql");
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: "/graphql" });
  const onConnect = (context) => context.connectionParams?.Authorization === `Bearer ${TOKEN}`;
  useServer({ schema: buildSchema("type Query { a: Int }"), onConnect, connectionInitWaitTimeout: 3000 }, sockets);
  return listen(http);
}

console.log(JSON.stringify({ "socket-io": await socketIo(), "graphql-ws": await graphQl() }));
