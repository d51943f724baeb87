(async (c) => {
  // Runs the login of the web app in the user's own browser, three times at most, and sends nothing anywhere else.
  // What is secret leaves it as the first 12 hex digits of its SHA-256, as the server logs it.
  const begin = performance.now(), now = () => Math.round(performance.now() - begin);
  const out = { v: 1, t: Date.now(), o: location.origin, u: navigator.userAgent.slice(0, 160), a: [] };
  const net = navigator.connection;
  if (net) out.n = [net.type, net.effectiveType, net.rtt].join(" ");
  if (!navigator.onLine) out.off = 1;
  const list = c.page ? document.getElementById("steps") : null;
  const say = (text) => {
    if (!list) return console.log("[Ticketscope] " + text);
    list.appendChild(document.createElement("li")).textContent = text;
  };
  const hash = async (text) => {
    if (!crypto.subtle) return undefined;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [...digest.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const find = (json, pointer) => pointer.split("/").slice(1).reduce((at, key) => at && at[key], json);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const dial = (url, protocols, talk) => new Promise((done) => {
    const told = { at: now() };
    let socket, timer;
    try { socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url); } catch (error) { told.e = error.name; return done(told); }
    addEventListener("securitypolicyviolation", (e) => { if (e.effectiveDirective === "connect-src") told.e = "csp"; });
    const end = () => { clearTimeout(timer); done(told); };
    timer = setTimeout(() => { told.late = 1; socket.close(); end(); }, c.limit);
    socket.onopen = () => {
      told.up = now() - told.at;
      clearTimeout(timer);
      const hold = () => { clearTimeout(timer); timer = setTimeout(() => { told.held = 1; socket.close(1000, "probe"); end(); }, c.hold); };
      if (!talk) return hold();
      timer = setTimeout(() => { told.late = 1; told.ms = now() - told.at; socket.close(); end(); }, c.limit);
      talk.begin(socket, told, hold);
    };
    socket.onmessage = (e) => { told.in = (told.in || 0) + 1; if (talk) talk.hear(e.data); };
    socket.onclose = (e) => {
      if (told.held || told.late) return;
      told.ms = now() - told.at;
      told.c = e.code; told.r = e.reason.slice(0, 60) || undefined; told.w = e.wasClean ? 1 : 0;
      end();
    };
  });
  const reach = async (target) => {
    try { await fetch(target.replace(/^ws/, "http"), { mode: "no-cors", cache: "no-store" }); return 1; } catch { return 0; }
  };
  say("This page is " + location.origin + ". " + (location.protocol === "file:" ? "A file from disk has no origin: servers refuse it. Let the web app's own origin serve it." : "Checking " + c.api + "."));
  // @turn
  for (let tries = 0; tries < 3; tries += 1) {
    const attempt = {};
    out.a.push(attempt);
    if (await turn(attempt).catch(() => true)) break;
    await wait(800);
  }
  const packed = new Response(new Blob([JSON.stringify(out)]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  const code = "TS1-" + btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  say("To see more, the server can send Access-Control-Expose-Headers: Date, Retry-After, x-trace-id and Timing-Allow-Origin: " + location.origin + ".");
  say("Please send this code to support. No password, token or ticket is in it.");
  if (list) {
    const field = document.getElementById("code");
    field.value = code;
    const file = document.getElementById("file");
    file.href = URL.createObjectURL(new Blob([code], { type: "text/plain" }));
    file.hidden = false;
  } else {
    console.log(code);
  }
  globalThis.ticketscopeProbe = code;
  return code;
})(CONFIG);
