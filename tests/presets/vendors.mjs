// Vendors' own clients against the stand-ins: what the presets are tested with is what the vendors' clients accept. Each has to
// connect, outlive the stand-in's limit, and come back after the stand-in has ended the first connection.
// node vendors.mjs '{"slack":"127.0.0.1:1234",…}' [NAME…]     (see tests/extended/presets.sh)
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const WebSocket = require("ws");
const TOKEN = "good-0123456789abcdef";
const ORIGIN = "https://app.example.com";
const LIMIT = 60_000;

// Some clients are made for pages.
class PageSocket extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { headers: { origin: ORIGIN } });
  }
}
globalThis.WebSocket = PageSocket;
globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};
globalThis.document ??= { visibilityState: "visible", addEventListener() {} };

// Each calls `opened` whenever its connection is of use.
const clients = {
  slack(address, opened) {
    const { SocketModeClient } = require("@slack/socket-mode");
    const clientOptions = { slackApiUrl: `http://${address}/api/` };
    const client = new SocketModeClient({ appToken: TOKEN, clientOptions, logLevel: "error" });
    client.on("connected", opened);
    return client.start();
  },
  signalr(address, opened) {
    const { HubConnectionBuilder, LogLevel } = require("@microsoft/signalr");
    const connection = new HubConnectionBuilder()
      .withUrl(`http://${address}/hub`, { accessTokenFactory: () => TOKEN })
      .withAutomaticReconnect()
      .configureLogging(LogLevel.Warning)
      .build();
    connection.onreconnected(opened);
    return connection.start().then(opened);
  },
  azure(address, opened) {
    return clients.signalr(address, opened);
  },
  async socket_io(address, opened) {
    const { io } = require("socket.io-client");
    const options = { transports: ["websocket"], auth: { token: TOKEN }, extraHeaders: { origin: ORIGIN } };
    const socket = io(`http://${address}`, options);
    socket.on("connect", opened);
    // What the application ends stays ended until somebody connects again.
    socket.on("disconnect", () => socket.connect());
  },
  async home_assistant(address, opened) {
    const { createConnection, createLongLivedTokenAuth } = await import(
      new URL("node_modules/home-assistant-js-websocket/dist/index.js", `file://${process.cwd()}/`)
    );
    const connection = await createConnection({ auth: createLongLivedTokenAuth(`http://${address}`, TOKEN) });
    opened();
    connection.addEventListener("ready", opened);
  },
  async phoenix(address, opened) {
    const { Socket } = require("phoenix");
    const socket = new Socket(`ws://${address}/socket`, {
      transport: PageSocket,
      params: { token: TOKEN },
      heartbeatIntervalMs: 1000,
    });
    socket.onOpen(() => {
      const channel = socket.channel("room:lobby");
      channel.join().receive("ok", opened);
    });
    socket.connect();
  },
  async dingtalk(address, opened) {
    const axios = require("axios");
    axios.interceptors.request.use((request) => {
      request.url = request.url.replace("https://api.dingtalk.com", `http://${address}`);
      return request;
    });
    const { DWClient } = require("dingtalk-stream");
    const client = new DWClient({ clientId: "id", clientSecret: TOKEN });
    const onSystem = client.onSystem.bind(client);
    client.onSystem = (message) => {
      if (message.headers.topic === "REGISTERED") opened();
      return onSystem(message);
    };
    await client.connect();
  },
  async action_cable(address, opened) {
    const { createConsumer, adapters } = require("@rails/actioncable");
    adapters.WebSocket = PageSocket;
    const connected = opened;
    createConsumer(`ws://${address}/cable?token=${TOKEN}`).subscriptions.create("ChatChannel", { connected });
  },
  async centrifugo(address, opened) {
    const { Centrifuge } = require("centrifuge");
    const client = new Centrifuge(`ws://${address}/connection/websocket`, { token: TOKEN, websocket: PageSocket });
    client.on("connected", opened);
    client.connect();
  },
  async pusher(address, opened) {
    const Pusher = require("pusher-js");
    const [wsHost, wsPort] = address.split(":");
    const client = new Pusher("APP_KEY", {
      wsHost,
      wsPort: Number(wsPort),
      cluster: "",
      forceTLS: false,
      enabledTransports: ["ws"],
      channelAuthorization: {
        endpoint: `http://${address}/pusher/auth`,
        headers: { Authorization: `Bearer ${TOKEN}` },
      },
    });
    client.subscribe("private-ticketscope").bind("pusher:subscription_succeeded", opened);
  },
  async graphql(address, opened) {
    const { createClient } = require("graphql-ws");
    createClient({
      url: `ws://${address}/graphql`,
      webSocketImpl: PageSocket,
      lazy: false,
      keepAlive: 1000,
      connectionParams: { Authorization: `Bearer ${TOKEN}` },
      on: { connected: opened },
    });
  },
};

function comesBack(name, address) {
  return new Promise((resolve, reject) => {
    const begin = Date.now();
    let times = 0;
    const late = setTimeout(() => reject(new Error(`opened ${times} times within ${LIMIT / 1000} s`)), LIMIT);
    const opened = () => {
      times += 1;
      if (times === 2) {
        clearTimeout(late);
        resolve(Date.now() - begin);
      }
    };
    Promise.resolve(clients[name](address, opened)).catch(reject);
  });
}

const [addresses, ...wanted] = process.argv.slice(2);
const all = Object.entries(JSON.parse(addresses)).filter(([name]) => wanted.length === 0 || wanted.includes(name));
let failed = 0;
await Promise.all(
  all.map(async ([name, address]) => {
    try {
      console.log(`${name}: came back after ${await comesBack(name, address)} ms`);
    } catch (error) {
      failed += 1;
      console.log(`${name}: FAILED: ${error?.stack ?? error}`);
    }
  }),
);
process.exit(failed === 0 ? 0 : 1);
