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
  const ask = async (step, headers) => {
    const told = { at: now() };
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), c.limit);
    try {
      const body = step.m === "POST" ? "{}" : undefined;
      if (body) headers["Content-Type"] = "application/json";
      const answer = await fetch(c.api + step.p, { method: step.m, headers, body, signal: stop.signal });
      told.s = answer.status;
      const text = await answer.text();
      told.r = answer.headers.get("retry-after") || undefined;
      told.x = answer.headers.get("x-trace-id") || undefined;
      let json;
      try { json = JSON.parse(text); } catch { told.j = text.length; }
      if (json) {
        if (!answer.ok) told.c = String(json.code || (json.error && json.error.code) || "").slice(0, 40) || undefined;
        if (json.traceId) told.x = told.x || String(json.traceId).slice(0, 60);
      }
      told.ms = now() - told.at;
      return [told, answer.ok ? json : undefined];
    } catch (error) {
      told.ms = now() - told.at;
      told.e = stop.signal.aborted ? "timeout" : "blocked";
      return [told];
    } finally { clearTimeout(timer); }
  };
  const dial = (url) => new Promise((done) => {
    const told = { at: now() };
    let socket, timer;
    try { socket = new WebSocket(url); } catch (error) { told.e = error.name; return done(told); }
    addEventListener("securitypolicyviolation", (e) => { if (e.effectiveDirective === "connect-src") told.e = "csp"; });
    const end = () => { clearTimeout(timer); done(told); };
    timer = setTimeout(() => { told.late = 1; socket.close(); end(); }, c.limit);
    socket.onopen = () => {
      told.up = now() - told.at;
      clearTimeout(timer);
      timer = setTimeout(() => { told.held = 1; socket.close(1000, "probe"); end(); }, c.hold);
    };
    socket.onmessage = () => { told.in = (told.in || 0) + 1; };
    socket.onclose = (e) => {
      if (told.held || told.late) return;
      told.ms = now() - told.at;
      told.c = e.code; told.r = e.reason.slice(0, 60) || undefined; told.w = e.wasClean ? 1 : 0;
      end();
    };
  });
  const reach = async () => {
    try { await fetch(c.ws.replace(/^ws/, "http") + c.path, { mode: "no-cors", cache: "no-store" }); return 1; } catch { return 0; }
  };
  say("This page is " + location.origin + ". " + (location.protocol === "file:" ? "A file from disk has no origin: servers refuse it. Let the web app's own origin serve it." : "Checking " + c.api + "."));
  for (let turn = 0; turn < 3; turn += 1) {
    const attempt = {};
    out.a.push(attempt);
    const [token, granted] = await ask(c.token, {});
    attempt.token = token;
    const jwt = granted && find(granted, c.token.f);
    if (typeof jwt !== "string") { if (granted) token.n = 1; say("1. Sign-in failed: " + (token.s || "the browser shows no answer")); await wait(800); continue; }
    token.h = await hash(jwt);
    try {
      const claims = JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      if (claims.iat) token.d = Date.now() - claims.iat * 1000;
    } catch { token.j = 1; }
    say("1. Sign-in works (" + token.ms + " ms).");
    const [ticket, given] = await ask(c.ticket, { Authorization: "Bearer " + jwt });
    attempt.ticket = ticket;
    const value = given && find(given, c.ticket.f);
    if (typeof value !== "string") { if (given) ticket.n = 1; say("2. The ticket was refused: " + (ticket.s || "the browser shows no answer") + " " + (ticket.c || "")); await wait(800); continue; }
    ticket.h = await hash(value);
    ticket.l = find(given, c.ticket.l);
    say("2. The ticket is there (" + ticket.ms + " ms).");
    const socket = await dial(c.ws + c.path + "?" + c.query + "=" + encodeURIComponent(value));
    attempt.socket = socket;
    if (socket.up === undefined) socket.reach = await reach();
    if (socket.held) { say("3. The WebSocket opened and stayed open. All is well from here."); break; }
    say(socket.up === undefined ? "3. The WebSocket did not open (" + (socket.c || socket.e || "no answer") + "); the server " + (socket.reach ? "can" : "cannot") + " be reached otherwise."
      : "3. The WebSocket opened and was closed: " + socket.c + " " + (socket.r || ""));
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
